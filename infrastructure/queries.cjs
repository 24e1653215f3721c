const { readFileSync } = require('node:fs');
const { join } = require('node:path');

/** The queries of `make latency`, saved in CloudWatch Logs Insights. The local cloud has no such resource. */
module.exports = async ({ resolveVariable }) => {
  if ((await resolveVariable('sls:stage')) === 'local') return {};
  const prefix = await resolveVariable('self:custom.names.prefix');
  return {
    Resources: {
      DurationsQuery: savedQuery(`${prefix}/durations of charges`, 'durations'),
      SlowestCallsQuery: savedQuery(`${prefix}/slowest charges`, 'slowest-calls'),
    },
  };
};

function savedQuery(name, file) {
  return {
    Type: 'AWS::Logs::QueryDefinition',
    Properties: {
      Name: name,
      LogGroupNames: [{ Ref: 'ChargeDashclientLogGroup' }],
      QueryString: readFileSync(join(__dirname, 'queries', `${file}.txt`), 'utf8').trim(),
    },
  };
}
