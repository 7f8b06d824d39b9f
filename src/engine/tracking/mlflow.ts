import * as l10n from '@vscode/l10n';
import { z } from 'zod';
import { UserError } from '../userError';
import { notMlflow, Refused } from './failure';
import type { Body, Http } from './http';
import type { Batch, Pair } from './limits';

/** What is used of MLflow's REST API 2.0 (docs: mlflow.org/docs/latest/rest-api.html), one method an endpoint. */

export type RunStatus = 'RUNNING' | 'FINISHED' | 'FAILED' | 'KILLED';

const runSchema = z.object({
  info: z.object({ run_id: z.string().min(1), experiment_id: z.string(), artifact_uri: z.string().default(''), lifecycle_stage: z.string().default('active'), status: z.string().default('RUNNING') }),
  data: z.object({ params: z.array(z.object({ key: z.string(), value: z.string() })).default([]) }).default({ params: [] }),
});

/** Servers before MLflow 3 have no logged models. */
function isUnknown(error: unknown): boolean {
  return error instanceof Refused && (error.status === 404 || error.status === 405 || error.status === 501 || error.code === 'ENDPOINT_NOT_FOUND');
}

const loggedModelSchema = z.object({ model: z.object({ info: z.object({ model_id: z.string(), artifact_uri: z.string() }) }) });

export type ServerRun = z.output<typeof runSchema>;

export interface DatasetInput {
  readonly name: string;
  readonly digest: string;
  readonly source_type: string;
  /** These three are JSON in a text. */
  readonly source: string;
  readonly schema: string;
  readonly profile: string;
}

export interface Mlflow {
  /** The experiment of a name; made where it is missing. */
  experiment(name: string): Promise<string>;
  /** The run that carries this tag; null without. */
  find(experiment: string, tag: Pair): Promise<ServerRun | null>;
  /** Null where there is none of this id any more. */
  get(run: string): Promise<ServerRun | null>;
  create(q: { readonly experiment: string; readonly name: string; readonly start: number; readonly tags: readonly Pair[] }): Promise<ServerRun>;
  update(run: string, status: RunStatus, end?: number): Promise<void>;
  log(run: string, batch: Batch): Promise<void>;
  input(run: string, dataset: DatasetInput): Promise<void>;
  /** Tells that the run holds a model; `description` is what its MLmodel says. */
  model(run: string, description: object): Promise<void>;
  /** Makes a logged model of a run, to be filled; null where the server, before MLflow 3, has none. */
  createModel(q: { readonly experiment: string; readonly run: string; readonly name: string }): Promise<{ readonly id: string; readonly artifactUri: string } | null>;
  /** It is filled, and what came out of the run at a step. */
  finishModel(id: string, of: { readonly run: string; readonly step: number }): Promise<void>;
  /** Sends a file to a place below the artefacts of a run. */
  put(place: string, path: string, body: Body): Promise<void>;
  close(): Promise<void>;
}

const API = '/api/2.0/mlflow';

/** What the parts of the API need: requests whose answers are what MLflow answers. */
interface Asking {
  readonly http: Http;
  readonly host: string;
  post(path: string, json: object): Promise<unknown>;
  /** A stranger may answer anything with 200 and JSON. */
  read<T extends z.ZodType>(answer: unknown, schema: T): Promise<z.output<T>>;
}

export function mlflowOver(http: Http): Mlflow {
  const { host } = new URL(http.server.uri);
  const asking: Asking = {
    http,
    host,
    post: (path, json) => http.ask('POST', `${API}/${path}`, { json }),
    async read(answer, schema) {
      const parsed = schema.safeParse(await answer);
      if (!parsed.success) throw new Refused(notMlflow(host, 200), 200, '', '');
      return parsed.data;
    },
  };
  return {
    experiment: (name) => experimentOf(name, asking),
    ...runsOver(asking),
    ...modelsOver(asking),
    async put(place, path, body) {
      await http.ask('PUT', `${place}/${path.split('/').map(encodeURIComponent).join('/')}`, body);
    },
    close: () => http.close(),
  };
}

async function experimentOf(name: string, { http, host, post, read }: Asking): Promise<string> {
  const lookUp = async (): Promise<string | null> => {
    const answer = await ifThere(http.ask('GET', `${API}/experiments/get-by-name?experiment_name=${encodeURIComponent(name)}`));
    if (answer === null) return null;
    const { experiment } = await read(answer, z.object({ experiment: z.object({ experiment_id: z.string(), lifecycle_stage: z.string().default('active') }) }));
    if (experiment.lifecycle_stage !== 'active') throw new UserError(l10n.t('The experiment "{0}" on {1} is deleted. Restore it there, or name another one.', name, host));
    return experiment.experiment_id;
  };
  const known = await lookUp();
  if (known !== null) return known;
  try {
    return (await read(post('experiments/create', { name }), z.object({ experiment_id: z.string() }))).experiment_id;
  } catch (error) {
    // Another training, which began at the same moment, was faster.
    if (!(error instanceof Refused) || error.code !== 'RESOURCE_ALREADY_EXISTS') throw error;
    return (await lookUp())!;
  }
}

function runsOver({ http, post, read }: Asking): Pick<Mlflow, 'find' | 'get' | 'create' | 'update' | 'log' | 'input'> {
  return {
    async find(experiment, { key, value }) {
      const filter = `tags.\`${key}\` = '${value.replaceAll("'", '')}'`;
      const answer = post('runs/search', { experiment_ids: [experiment], filter, max_results: 1, run_view_type: 'ACTIVE_ONLY' });
      const { runs } = await read(answer, z.object({ runs: z.array(runSchema).default([]) }));
      return runs[0] ?? null;
    },
    async get(run) {
      const answer = await ifThere(http.ask('GET', `${API}/runs/get?run_id=${encodeURIComponent(run)}`));
      return answer === null ? null : (await read(answer, z.object({ run: runSchema }))).run;
    },
    async create({ experiment, name, start, tags }) {
      return (await read(post('runs/create', { experiment_id: experiment, run_name: name, start_time: start, tags }), z.object({ run: runSchema }))).run;
    },
    async update(run, status, end) {
      await post('runs/update', { run_id: run, status, ...(end !== undefined && { end_time: end }) });
    },
    async log(run, batch) {
      await post('runs/log-batch', { run_id: run, ...batch });
    },
    async input(run, dataset) {
      await post('runs/log-inputs', { run_id: run, datasets: [{ tags: [{ key: 'mlflow.data.context', value: 'training' }], dataset }] });
    },
  };
}

function modelsOver({ http, post, read }: Asking): Pick<Mlflow, 'model' | 'createModel' | 'finishModel'> {
  return {
    async model(run, description) {
      await post('runs/log-model', { run_id: run, model_json: JSON.stringify(description) });
    },
    async createModel({ experiment, run, name }) {
      try {
        const { model } = await read(post('logged-models', { experiment_id: experiment, name, source_run_id: run }), loggedModelSchema);
        return { id: model.info.model_id, artifactUri: model.info.artifact_uri };
      } catch (error) {
        if (isUnknown(error)) return null;
        throw error;
      }
    },
    async finishModel(id, { run, step }) {
      await http.ask('PATCH', `${API}/logged-models/${encodeURIComponent(id)}`, { json: { model_id: id, status: 'LOGGED_MODEL_READY' } });
      await post('runs/outputs', { run_id: run, models: [{ model_id: id, step }] });
    },
  };
}

/** Null for what the server does not have. An address without MLflow says 404 as well, but not in its words. */
async function ifThere(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Refused && error.code === 'RESOURCE_DOES_NOT_EXIST') return null;
    throw error;
  }
}

/**
 * Where files of a run are put: below the address of the server, when it takes them itself (`mlflow-artifacts:`, the default of
 * `mlflow server`). Null where the run's files belong into a store that only Python's client can write: a folder, S3 …
 *
 * @param artifactUri as the server gives it, e.g. `mlflow-artifacts:/1/ab12/artifacts`
 */
export function artifactPlace(artifactUri: string): string | null {
  const [, path] = /^mlflow-artifacts:(?:\/\/[^/]*)?\/(.+?)\/?$/.exec(artifactUri) ?? [];
  if (path !== undefined) return `/api/2.0/mlflow-artifacts/artifacts/${path}`;
  const [, over] = /^https?:\/\/[^/]+(?:\/.*)?(\/api\/2\.0\/mlflow-artifacts\/artifacts\/.+?)\/?$/.exec(artifactUri) ?? [];
  return over ?? null;
}

/** The page of a run. */
export function pageOf(uri: string, experiment: string, run: string): string {
  return `${uri}/#/experiments/${experiment}/runs/${run}`;
}
