import type { Problem } from '#shared/contracts/problems.ts';

/** An answer of the API that is no success, or none at all (`status` 0). `title` and `detail` are for people. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  /** Of a problem that the API itself has answered with. */
  readonly code: string | undefined;

  /** A version of the API without this route. */
  get isNotDeployed(): boolean {
    return this.status === 404 && this.code === undefined;
  }

  constructor(status: number, title: string, detail: string, code?: string) {
    super(`${title}: ${detail}`);
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.code = code;
  }
}

/** What an answer says that is no success. Gateways answer in forms of their own. */
export function failureOf(status: number, body: unknown): ApiFailure {
  if (isProblem(body)) {
    const issues = (body.issues ?? []).map(({ pointer, detail }) => `${pointer} ${detail}`.trim());
    return new ApiFailure(status, body.title, [body.detail, ...issues].join(' · '), body.code);
  }
  if (status === 404) {
    return new ApiFailure(status, 'Not deployed', 'This deployment does not answer this question.');
  }
  if (status === 429) {
    return new ApiFailure(status, 'Too many requests', 'The API asks for a pause; try again soon.');
  }
  return new ApiFailure(status, `The API answered ${status}`, 'It did not say why; try again.');
}

function isProblem(body: unknown): body is Problem {
  return (
    typeof body === 'object' &&
    body !== null &&
    'code' in body &&
    'title' in body &&
    'detail' in body
  );
}

/** That what was asked for does not exist, as the API itself says. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiFailure && error.code === 'not_found';
}

/** What to show of whatever was thrown. */
export function describeFailure(error: unknown): { title: string; detail: string } {
  if (error instanceof ApiFailure) return error;
  return { title: 'Something went wrong in the page', detail: String(error) };
}
