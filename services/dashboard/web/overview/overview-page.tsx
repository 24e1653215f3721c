import { useQuery } from '@tanstack/react-query';
import { useSearchParams } from 'wouter';
import { progress } from '../api/routes.ts';
import { formatPeriod } from '../format/times.ts';
import { PageTitle } from '../frame/page-title.tsx';
import { Part } from '../parts/part.tsx';
import { PeriodPicker } from '../parts/period-picker.tsx';
import { Conservation } from './conservation.tsx';
import { nothingYet } from './nothing-yet.tsx';
import { Packaging } from './packaging.tsx';
import { ProgressChart } from './progress-chart.tsx';
import { Queues } from './queues.tsx';
import { Sending, SendingBanner } from './sending.tsx';
import { StateTiles } from './state-tiles.tsx';

/** The half month at a glance: is it all going well, when will it be done, and if not, what stands in the way. */
export default function OverviewPage() {
  const [search, setSearch] = useSearchParams();
  const period = search.get('period') ?? undefined;
  const query = useQuery(progress(period));
  const shown = period ?? query.data?.period;
  return (
    <>
      <PageTitle title={shown ? `Half month ${formatPeriod(shown)}` : 'Overview'}>
        <PeriodPicker
          any="The latest"
          value={period}
          onChange={(chosen) => setSearch(chosen ? { period: chosen } : {}, { replace: true })}
        />
      </PageTitle>
      <SendingBanner />
      <Part title="Invoices" query={query} loadingLines={4} onFailure={nothingYet}>
        {(data) => <StateTiles progress={data} />}
      </Part>
      <div className="columns">
        <div className="stack">
          <Part title="Over time" query={query} loadingLines={9} onFailure={nothingYet}>
            {(data) => <ProgressChart series={data.series} />}
          </Part>
          <Conservation />
        </div>
        <div className="stack">
          <Sending progress={query} />
          <Packaging query={query} />
          <Queues />
        </div>
      </div>
    </>
  );
}
