import { stringify } from 'yaml';
import type { Sent } from '../runs/tracking';
import { artifactPlace, type Mlflow } from './mlflow';
import { packModel } from './model';

const NAME = 'model';

interface Best {
  readonly file: string;
  readonly step: number;
  readonly stamp: string;
}

interface Listeners {
  readonly onFile: (path: string) => void;
  /** The server has made a model that waits for its files: a second try fills the same. */
  readonly onMade: (model: { readonly id: string; readonly artifactUri: string }) => Promise<void>;
}

/**
 * Sends a checkpoint as a model of MLflow: as one of its logged models, which MLflow 3 lists with the run, else as the folder
 * `model` of the run, where earlier versions look. `runs:/RUN/model` loads it in both.
 *
 * @returns what was sent
 */
export async function sendModel(api: Mlflow, sent: Sent, best: Best, { onFile, onMade }: Listeners): Promise<{ path: string; bytes: number }[]> {
  // Before the server is asked for a model: making a graph takes its time, and may fail.
  const { files, describe } = await packModel(best.file);
  const logged = await modelOn(api, sent, best, onMade);
  const place = logged && artifactPlace(logged.artifactUri);
  // Where the server does not take the files of models, it may still take those of the run.
  const folder = place ?? `${artifactPlace(sent.artifactUri)!}/${NAME}`;
  const description = describe({ run: sent.runId, path: NAME, ...(place && { id: logged.id }) });
  const all: Readonly<Record<string, Uint8Array>> = { ...files, MLmodel: Buffer.from(stringify(description)) };
  for (const [name, bytes] of Object.entries(all)) {
    onFile(`${NAME}/${name}`);
    await api.put(folder, name, { bytes });
  }
  if (place) await api.finishModel(logged.id, { run: sent.runId, step: best.step });
  else await api.model(sent.runId, description);
  return Object.entries(all).map(([name, bytes]) => ({ path: `${NAME}/${name}`, bytes: bytes.length }));
}

async function modelOn(api: Mlflow, { model, experimentId, runId }: Sent, { stamp }: Best, onMade: Listeners['onMade']): Promise<{ readonly id: string; readonly artifactUri: string } | null> {
  if (model?.stamp === stamp) return model;
  const made = await api.createModel({ experiment: experimentId, run: runId, name: NAME });
  if (made) await onMade(made);
  return made;
}
