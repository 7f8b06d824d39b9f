import type { Server } from '../../../rpc';
import { sessionServer } from '../sessions';
import type { OnnxApi } from './api';
import { openInference } from './inference';
import { probe } from './probe';
import { about } from './runtime';
import { openTraining } from './training';

/** What the thread of ONNX Runtime answers. */
export function onnxServer(): Server<OnnxApi> {
  return { about, probe: ({ provider }) => probe(provider), ...sessionServer({ inference: openInference, training: openTraining }) };
}
