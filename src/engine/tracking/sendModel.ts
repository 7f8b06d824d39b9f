import type { Sent } from '../runs/tracking';
import { artifactPlace, type Mlflow } from './mlflow';
import { packModel } from './model';

const NAME = 'model';

/**
 * Sends a checkpoint as a model of MLflow: as one of its logged models, which MLflow 3 lists with the run, else as the folder
 * `model` of the run, where earlier versions look. `runs:/RUN/model` loads it in both.
 *
 * @returns what was sent
 */
export async function sendModel(api: Mlflow, { experimentId, runId, artifactUri }: Pick<Sent, 'experimentId' | 'runId' | 'artifactUri'>, best: { readonly file: string; readonly step: number }, onFile: (path: string) => void): Promise<{ path: string; bytes: number }[]> {
  const logged = await api.createModel({ experiment: experimentId, run: runId, name: NAME });
  const place = artifactPlace(logged?.artifactUri ?? artifactUri);
  // Where the files of models are kept elsewhere, those of the run may still be taken.
  const own = logged !== null && place !== null;
  const folder = own ? place : `${artifactPlace(artifactUri)!}/${NAME}`;
  const { files, description } = await packModel(best.file, { run: runId, path: NAME, ...(own && { id: logged.id }) });
  for (const [name, bytes] of Object.entries(files)) {
    onFile(`${NAME}/${name}`);
    await api.put(folder, name, { bytes });
  }
  if (own) await api.finishModel(logged.id, { run: runId, step: best.step });
  else await api.model(runId, description);
  return Object.entries(files).map(([name, bytes]) => ({ path: `${NAME}/${name}`, bytes: bytes.length }));
}
