import { z } from 'zod';

/** What is an address, and that it says nothing secret, `rules.ts` checks. */
const server = z
  .string()
  .min(1)
  .max(2000)
  .describe('Address of the server, e.g. `http://127.0.0.1:5000`, without a user or a password: these come from the key store of the system in VS Code, and from `MLFLOW_TRACKING_TOKEN`, or `MLFLOW_TRACKING_USERNAME` and `MLFLOW_TRACKING_PASSWORD`, in a terminal. Without it the setting `vitLab.tracking.mlflowUri`, or `MLFLOW_TRACKING_URI`.');

const mlflow = z.strictObject({
  uri: server.optional(),
  experiment: z.string().min(1).max(256).optional().describe('Name of the experiment, which is made when it is missing. Without it the setting, `MLFLOW_EXPERIMENT_NAME`, or `Default`.'),
  tags: z.record(z.string().min(1).max(250), z.string().max(5000)).default({}).describe('Tags of the run on the server, beside those of the machine, the engine and the git revision.'),
  checkpoints: z.enum(['none', 'best', 'all']).default('best').describe('Which weights are sent: those of the best epoch, all that the run keeps, or none.'),
  model: z.boolean().default(true).describe('Sends the best network as a model of MLflow, with its signature, as `mlflow.onnx` and `mlflow.pyfunc` load it.'),
});

/** The section `tracking` of a configuration: who else is told of a run. None of it changes what is trained. */
export const trackingSchema = z.strictObject({
  mlflow: mlflow.optional().describe('Sends the run to an MLflow server while it trains; `mlflow: {}` takes the server from the settings. A server that is down loses nothing: what is missing is sent later. Without it nothing is sent.'),
  tensorboard: z.boolean().default(false).describe('Writes event files of TensorBoard into the folder `tensorboard` of the run while it trains.'),
  system: z.number().min(0).max(3600).default(10).describe('Seconds from one look at processor, memory and GPU to the next, which become metrics `system/…` of the run; 0 for none.'),
});

export type MlflowConfig = z.output<typeof mlflow>;
