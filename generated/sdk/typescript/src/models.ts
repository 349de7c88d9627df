// @generated from openapi/openapi.yaml. Edit the contract or the templates in openapi/generator, not this file.

/** A sign-up. Members that are not declared here are refused. */
export interface UserCreate {
  /** Where mail reaches the user; no quotes and no address in brackets. No two users have the same, compared without regard to case. */
  email: string;
  /** In whole years. */
  age: number;
  /** What to call the user. */
  name?: string | undefined;
  /** Some words about the user. */
  bio?: string | undefined;
  /** Whether the account is in use. */
  is_active?: boolean | undefined;
}

/** A user as stored. */
export interface User {
  /** Given by the server, never used again. */
  id: number;
  /** As the user wrote it. */
  email: string;
  /** In whole years. */
  age: number;
  /** What to call the user; null if not given. */
  name: string | null;
  /** Some words about the user; null if not given. */
  bio: string | null;
  /** Whether the account is in use. */
  is_active: boolean;
  /**
   * The undeclared members of the sign-up, as sent. Only a server in flexible mode takes any; null if there are
   * none.
   */
  additional_data: Record<string, unknown> | null;
  /** When the user signed up. */
  created_at: string;
  /** When the user was last changed. */
  updated_at: string;
}

/**
 * The members to change, each as in `UserCreate`. Members that are not declared here are refused; members that are
 * left out stay as they are.
 */
export interface UserPatch {
  /** The new email. */
  email?: string | undefined;
  /** In whole years. */
  age?: number | undefined;
  /** The new name; null clears it. */
  name?: string | null | undefined;
  /** The new text; null clears it. */
  bio?: string | null | undefined;
  /** Whether the account is in use. */
  is_active?: boolean | undefined;
}

/** One page of users. */
export interface UserPage {
  /** The users of this page. */
  items: User[];
  /** Pass it as `cursor` to get the next page; null on the last page. */
  next_cursor: string | null;
}

/** What the `user_created` job made of the user's additional data. */
export interface UserProfile {
  /** Whose profile it is. */
  user_id: number;
  /** From `hobby`. */
  interests: string[];
  /** From `location`; null if there was none. */
  region: string | null;
  /** From `score`; null if there was none. */
  rank: UserRank;
  /** When the job made the profile. */
  created_at: string;
  /** When the profile was last changed. */
  updated_at: string;
}

/** From `score`; null if there was none. */
export type UserRank = 'bronze' | 'silver' | 'gold' | 'platinum' | null;

/** A job as stored. */
export interface Job {
  /** Given by the server, never used again. */
  id: number;
  /** What to do; one of the document's `x-job-types`. */
  job_type: string;
  /** Where the job waits. */
  queue: string;
  /** What to do it with; its schema depends on `job_type`. */
  payload: Record<string, unknown>;
  /**
   * `pending`: waits for its first attempt. `processing`: runs, or is about to. `retry_pending`: waits for another attempt
   * after a failed one. `completed`, `failed` (no retries left), `cancelled`: finished. What runs for less than a tenth of
   * a second may go from waiting to its end at once.
   */
  status: JobStatus;
  /** Higher runs first. */
  priority: number;
  /** How often the job is tried again after a first failure. */
  max_retries: number;
  /** How often it has been tried again. */
  retry_count: number;
  /** Why the last attempt failed; null if none failed. */
  error_message: string | null;
  /** What the job found out, while it runs what it has found out so far; null for job types without a result. */
  output: Record<string, unknown> | null;
  /** Not run before this time; for `retry_pending`, the time of the next try. */
  scheduled_at: string;
  /** When the last attempt began; null before the first. */
  started_at: string | null;
  /** When the job finished, in whatever way; null until then. */
  completed_at: string | null;
  /** When the job was stored. */
  created_at: string;
  /** The key that no other unfinished job of the type has; null if it has none. */
  unique_key: string | null;
  /** How long an attempt may take, in seconds; null for the time that its type has. */
  timeout_seconds: number | null;
  /** How far the last attempt is or has come, in percent; null if it says nothing of that. */
  progress: number | null;
  /** What the last attempt says of how far it is; null if it says nothing. */
  progress_note: string | null;
  /** The last hundred finished attempts, first one first. Only in the answer of `getJob`. */
  attempts?: JobAttempt[];
}

/**
 * `pending`: waits for its first attempt. `processing`: runs, or is about to. `retry_pending`: waits for another attempt
 * after a failed one. `completed`, `failed` (no retries left), `cancelled`: finished. What runs for less than a tenth of
 * a second may go from waiting to its end at once.
 */
export type JobStatus = 'pending' | 'processing' | 'completed' | 'retry_pending' | 'failed' | 'cancelled';

/** One finished attempt to run a job. */
export interface JobAttempt {
  /** Counts from 1. */
  attempt: number;
  /**
   * `completed`: done. `failed`: the job reported an error. `timed_out`: it took too long. `panicked`: it crashed.
   * `lost`: its worker disappeared; it counts as a retry if it had begun for certain. `handed_back`: its worker shut
   * down first; `snoozed`: it asked to be run later; neither counts as a retry. `cancelled`: the job was cancelled
   * meanwhile.
   */
  outcome: AttemptOutcome;
  /** The process that ran it; null if not known. */
  worker: string | null;
  /** When it began. */
  started_at: string;
  /** When it ended, or was found to be lost. */
  finished_at: string;
  /** What went wrong; null if nothing did. */
  error: string | null;
}

/**
 * `completed`: done. `failed`: the job reported an error. `timed_out`: it took too long. `panicked`: it crashed.
 * `lost`: its worker disappeared; it counts as a retry if it had begun for certain. `handed_back`: its worker shut
 * down first; `snoozed`: it asked to be run later; neither counts as a retry. `cancelled`: the job was cancelled
 * meanwhile.
 */
export type AttemptOutcome = 'completed' | 'failed' | 'timed_out' | 'panicked' | 'lost' | 'handed_back' | 'snoozed' | 'cancelled';

/** One page of jobs. */
export interface JobPage {
  /** The jobs of this page. */
  items: Job[];
  /** Pass it as `cursor` to get the next page; null on the last page. */
  next_cursor: string | null;
}

/** What a reader of the stream was too far behind for. The list of jobs has it. */
export interface MissedJobs {
  /** The first id that was left out. */
  from: number;
  /** The last id that was left out. */
  to: number;
}

/** A job to run. */
export type JobCreate = { [Type in keyof JobPayloads]: JobCreateOf<Type> }[keyof JobPayloads];

/** A {@link JobCreate} of one type. */
export interface JobCreateOf<Type extends keyof JobPayloads> {
  /** What to do; one of the document's `x-job-types`. */
  job_type: Type;
  /** What to do it with; must fit the payload schema of `job_type`. */
  payload: JobPayloads[Type];
  /** Where the job waits. A queue exists as soon as a job names it. */
  queue?: string | undefined;
  /** Higher runs first. */
  priority?: number | undefined;
  /** How often to try again after a first failure. */
  max_retries?: number | undefined;
  /** Not run before this time. Default is now. */
  scheduled_at?: string | undefined;
  /** At most one unfinished job of a type has this key. While there is one, another is not stored. */
  unique_key?: string | undefined;
  /** How long an attempt may take, in seconds. Default is the time that its type has. */
  timeout_seconds?: number | undefined;
}

/** Jobs to run. */
export interface JobBatch {
  /** The jobs. */
  jobs: JobCreate[];
}

/** What became of the jobs of a batch. */
export interface JobBatchResult {
  /** One for each job, in the same order. */
  items: JobReceipt[];
}

/** Where one job of a batch stands. */
export interface JobReceipt {
  /** The job's id. */
  id: number;
  /** True when an unfinished job has the same `unique_key`; then this is that job, and no other was stored. */
  found: boolean;
}

/**
 * Which jobs to run again: those that all of this holds of. Jobs that are neither `failed` nor `cancelled` are passed
 * over.
 */
export interface JobsToRetry {
  /** Only these. */
  ids?: number[] | undefined;
  /** Only jobs in this status. */
  status?: JobsToRetryStatus | undefined;
  /** Only jobs of this type. */
  job_type?: string | undefined;
  /** Only jobs in this queue. */
  queue?: string | undefined;
  /** Only jobs that concern this user. */
  user_id?: number | undefined;
}

/** Which jobs to cancel: those that all of this holds of. Finished jobs are passed over. */
export interface JobsToCancel {
  /** Only these. */
  ids?: number[] | undefined;
  /** Only jobs in this status. */
  status?: JobsToCancelStatus | undefined;
  /** Only jobs of this type. */
  job_type?: string | undefined;
  /** Only jobs in this queue. */
  queue?: string | undefined;
  /** Only jobs that concern this user. */
  user_id?: number | undefined;
}

/** What became of a wish for many jobs. */
export interface JobsChanged {
  /** How many jobs are as wished now. */
  changed: number;
  /** How many stay as they are, because another unfinished job has their `unique_key`. */
  skipped: number;
  /** True when the time was up before all were changed. Send the same request again for the others. */
  more: boolean;
}

/** Counts of jobs. */
export interface JobStats {
  /** How many jobs are in each status. */
  by_status: JobStatusCounts;
  /** The same counts per job type, by name. */
  by_job_type: JobTypeCounts[];
  /** Since when the job that has waited longest has been due (`pending` or `retry_pending`); null if none is due. */
  oldest_pending_at: string | null;
}

/** How many jobs are in each status. */
export interface JobStatusCounts {
  /** Waiting for the first attempt. */
  pending: number;
  /** Running. */
  processing: number;
  /** Done. */
  completed: number;
  /** Waiting for another attempt. */
  retry_pending: number;
  /** Given up. */
  failed: number;
  /** Cancelled by hand. */
  cancelled: number;
}

/** How many jobs of one type are in each status. */
export interface JobTypeCounts {
  /** The job type. */
  job_type: string;
  /** Waiting for the first attempt. */
  pending: number;
  /** Running. */
  processing: number;
  /** Done. */
  completed: number;
  /** Waiting for another attempt. */
  retry_pending: number;
  /** Given up. */
  failed: number;
  /** Cancelled by hand. */
  cancelled: number;
}

/** A queue and what is in it. */
export interface Queue {
  /** The queue's name. */
  name: string;
  /** Whether workers leave its jobs alone. */
  paused: boolean;
  /** How many of its jobs run at a time at most, in all processes; null for any number. */
  max_running: number | null;
  /** Jobs that wait for their first attempt. */
  pending: number;
  /** Jobs that run. */
  processing: number;
  /** Jobs that wait for another attempt. */
  retry_pending: number;
  /** Jobs that were given up. */
  failed: number;
}

/** What attempts came to, minute by minute. */
export interface JobTimeline {
  /** One for each minute and job type. */
  items: JobMinute[];
}

/** What the attempts of one job type that ended in a minute came to. */
export interface JobMinute {
  /** The minute's beginning. */
  minute: string;
  /** The job type. */
  job_type: string;
  /** How many attempts succeeded. */
  completed: number;
  /** How many failed, those that took too long or lost their worker among them. */
  failed: number;
  /** From the time they were due to the time a worker took them, in milliseconds, on average. */
  wait_ms: number;
  /** How long they ran, in milliseconds, on average. */
  run_ms: number;
}

/** All workers. */
export interface WorkerList {
  /** The workers, by name. */
  items: Worker[];
}

/** A process that runs jobs. */
export interface Worker {
  /** Its name, as in the attempts of jobs. */
  name: string;
  /** When it started. */
  started_at: string;
  /** When it last said that it is there; it does so once a minute. */
  seen_at: string;
  /** How many jobs it runs at a time. */
  executors: number;
  /** Which queues it serves; `*` stands for all others, and a number for the most jobs at a time. */
  queues: string;
  /** The jobs that it has claimed, the newest first; of all workers together at most 1,000. */
  running: RunningJob[];
}

/** A job that a worker has claimed. */
export interface RunningJob {
  /** The job's id. */
  job_id: number;
  /** The job type. */
  job_type: string;
  /** The queue it was in. */
  queue: string;
  /** When it was claimed. */
  started_at: string;
  /** How far it is, in percent; null if it says nothing of that. */
  progress: number | null;
  /** What it says of how far it is; null if it says nothing. */
  progress_note: string | null;
}

/** What to change of a queue; members that are left out stay as they are. */
export interface QueuePatch {
  /** How many of its jobs may run at a time, in all processes; null for any number. */
  max_running?: number | null | undefined;
}

/** All queues. */
export interface QueueList {
  /** The queues, by name. */
  items: Queue[];
}

/** Sign-ups per day. */
export interface SignupStats {
  /** Over all days of the range. */
  total: number;
  /** Every day of the range, earliest first. */
  days: SignupDay[];
}

/** The sign-ups of one day. */
export interface SignupDay {
  /** The day, in UTC. */
  date: string;
  /** How many users signed up. */
  count: number;
}

/** The service is healthy. */
export interface Health {
  /** Always `healthy`. */
  status: HealthStatus;
  /** Always `connected`. */
  database: DatabaseStatus;
  /** How many jobs wait, run and have failed. */
  jobs: HealthJobs;
}

/** Always `healthy`. */
export type HealthStatus = 'healthy';

/** Always `connected`. */
export type DatabaseStatus = 'connected';

/** How many jobs wait, run and have failed. */
export interface HealthJobs {
  /** Waiting for the first attempt. */
  pending: number;
  /** Running. */
  processing: number;
  /** Given up. */
  failed: number;
}

/** The service is not healthy. */
export interface Unhealthy {
  /** Always `unhealthy`. */
  status: UnhealthyStatus;
  /** What is wrong. */
  error: UnhealthyError;
}

/** Always `unhealthy`. */
export type UnhealthyStatus = 'unhealthy';

/** What is wrong. */
export type UnhealthyError = 'database connection failed' | 'job queue unavailable';

/** A probe's answer. */
export interface Probe {
  /** Always `ok`. */
  status: ProbeStatus;
}

/** Always `ok`. */
export type ProbeStatus = 'ok';

/** Every error, in one shape (RFC 9457). */
export interface Problem {
  /** Names the kind of problem; `about:blank` means that the status says it all. */
  type: string;
  /** The kind of problem in a few words. */
  title: string;
  /** The HTTP status. */
  status: number;
  /** What happened this time, for developers. */
  detail: string;
  /** The path that was asked for. */
  instance: string;
  /** One sentence to show to people. */
  error: string;
  /** Finds this request in the server's log; also in the `X-Request-Id` header. */
  request_id: string;
  /** Everything that is wrong with the request, at most 100. Only when it does not fit the contract. */
  errors?: Violation[];
}

/** One thing that is wrong with a request. The value itself is never repeated. */
export interface Violation {
  /** The part of the request. */
  in: ViolationIn;
  /**
   * Where it is: a JSON Pointer (RFC 6901) into the body, or `/` and the name of the parameter. The empty string
   * is the whole body.
   */
  pointer: string;
  /** The rule that is broken, a JSON Schema keyword such as `required`, `format` or `maxLength`. */
  keyword: string;
  /** What is wrong, in words. */
  message: string;
}

/** The part of the request. */
export type ViolationIn = 'path' | 'query' | 'header' | 'body';

/** The payload of a `user_created` job. When the user is deleted, all but `user_id` is erased from it. */
export interface UserCreatedPayload {
  /** The new user. */
  user_id: number;
  /** The user as it was at the sign-up. */
  user_data?: UserSnapshot | undefined;
  /** The undeclared members of the sign-up, as sent. The job reads `hobby`, `location` and `score`. */
  additional_props?: Record<string, unknown> | null | undefined;
}

/** The user as it was at the sign-up. */
export interface UserSnapshot {
  /** The user's id. */
  id: number;
  /** The user's email. */
  email: string;
  /** In whole years. */
  age: number;
  /** The user's name; null if not given. */
  name: string | null;
  /** Some words about the user; null if not given. */
  bio: string | null;
  /** Whether the account is in use. */
  is_active: boolean;
}

/** The payload of a `send_welcome_email` job. */
export interface SendWelcomeEmailPayload {
  /** Whom to welcome. */
  user_id: number;
}

/** The payload of an `erase_mail` job. */
export interface EraseMailPayload {
  /** The user who was deleted. */
  user_id: number;
  /** The user's `created_at`, as in the names of the files. */
  signed_up_at: string;
}

/** The payload of a `data_analysis` job. */
export interface DataAnalysisPayload {
  /** Only users created at this time or later. Default is all. */
  since?: string | undefined;
  /** Only users created earlier than this time. Default is all. */
  until?: string | undefined;
}

/** The values of `status` in `JobsToRetry`. */
export type JobsToRetryStatus = 'failed' | 'cancelled';

/** The values of `status` in `JobsToCancel`. */
export type JobsToCancelStatus = 'pending' | 'processing' | 'retry_pending';

/** The values of `order` in `ListJobs`. */
export type ListJobsOrder = 'newest' | 'oldest';

/** The payload of each type of job. */
export interface JobPayloads {
  /** Checks in a new user. Makes the profile, counts the sign-up and enqueues `send_welcome_email`. */
  user_created: UserCreatedPayload;
  /** Sends the welcome mail to a user. */
  send_welcome_email: SendWelcomeEmailPayload;
  /** Removes the mail that was written to a deleted user from the mail folder. */
  erase_mail: EraseMailPayload;
  /** Makes a report on the users and their additional data; the report is the job's `output`. */
  data_analysis: DataAnalysisPayload;
}
