import { createClient, createUser, ProblemError, streamJobEvents } from '@keiyaku/sdk';
import type { JobStatus, UserCreate } from '@keiyaku/sdk';

const client = createClient({ baseUrl: new URLSearchParams(location.search).get('api') ?? location.origin });

function part<E extends Element>(selector: string): E {
  const found = document.querySelector<E>(selector);
  if (!found) {
    throw new Error(`the page has no ${selector}`);
  }
  return found;
}

const form = part<HTMLFormElement>('form');
const summary = part<HTMLElement>('[role=alert]');
const steps = part<HTMLOListElement>('ol');

/** What the form asks for; numbers that are none go as they are, and the service says what is wrong. */
function read(): UserCreate {
  const text = (name: string): string => String(new FormData(form).get(name) ?? '');
  const name = text('name');
  return { email: text('email'), age: Number(text('age')), ...(name === '' ? {} : { name }) };
}

/** Every violation beside its field; what belongs to none is in the summary alone. */
function show(error?: ProblemError): void {
  summary.textContent = error?.message ?? '';
  for (const input of form.querySelectorAll('input')) {
    const found = error?.violations(`/${input.name}`) ?? [];
    part(`#${input.name}-error`).textContent = found.map(({ message }) => message).join('; ');
    input.setAttribute('aria-invalid', String(found.length > 0));
  }
}

function tell(status: JobStatus): void {
  const step = document.createElement('li');
  step.textContent = status;
  steps.append(step);
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void signUp();
});

async function signUp(): Promise<void> {
  try {
    const { headers } = await createUser(client, { body: read() });
    show();
    const follower = createClient({ ...client, token: headers.job_token });
    for await (const change of streamJobEvents(follower, { job_id: headers.job_id })) {
      if (change.event === 'job') {
        tell(change.data.status);
        if (change.data.completed_at) {
          break;
        }
      }
    }
  } catch (error) {
    if (!(error instanceof ProblemError)) {
      throw error;
    }
    show(error);
  }
}
