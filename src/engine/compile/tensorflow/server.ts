import type { Server } from '../../../rpc';
import { sessionServer } from '../sessions';
import type { TensorFlowApi } from './api';
import { loadTensorFlow } from './binding';
import { openInference } from './inference';
import { openTraining } from './training';

/** What the thread of TensorFlow answers. */
export function tensorFlowServer(): Server<TensorFlowApi> {
  return {
    about({ addon }) {
      const { version, gpu } = loadTensorFlow(addon);
      return { version, gpu };
    },
    ...sessionServer({ inference: openInference, training: openTraining }),
  };
}
