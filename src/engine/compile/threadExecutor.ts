import type { EngineInfo } from '../../protocol';
import type { ViTSpec } from '../model/spec';
import { whenQuiet } from './pause';
import { lacksPrecision, refuseEmptyPrecision } from './precision';
import type { Executor, InferenceSession } from './executor';
import { toKernels, toRows } from './layout';
import type { SessionApi, SessionId } from './sessions';
import type { Thread } from './thread';

/** Runs networks in a thread of a native library; a session's weights live there until `dispose`. */
export function threadExecutor<Runtime>(info: EngineInfo, thread: Thread<SessionApi<Runtime>>, runtime: Runtime): Executor {
  return {
    info,
    async infer(spec, params, precision = 'fp32') {
      if (precision !== 'fp32' && info.name !== 'onnx') throw lacksPrecision(info, precision);
      refuseEmptyPrecision(spec, precision);
      const kernels = info.name === 'onnx' && precision === 'fp32' ? toRows(params) : toKernels(params);
      return inference(thread, spec, await thread.ask((api) => api.infer({ spec, kernels, precision, runtime })));
    },
    async train(spec, state, recipe) {
      const session = await thread.ask((api) => api.train({ spec, state, recipe, runtime }));
      return {
        ...inference(thread, spec, session),
        step: (input) => whenQuiet(() => thread.ask((api) => api.step({ ...session, input }))),
        state: () => thread.ask((api) => api.state(session)),
      };
    },
  };
}

function inference<Runtime>(thread: Thread<SessionApi<Runtime>>, spec: ViTSpec, session: SessionId): InferenceSession {
  return {
    spec,
    forward: (images, taps = {}, cotangent, heads) => thread.ask((api) => api.forward({ ...session, images, taps, ...(cotangent && { cotangent }), ...(heads && { heads }) })),
    prepare: (batch, taps) => thread.ask((api) => api.prepare({ ...session, batch, taps })),
    // A thread that has ended holds nothing any more.
    dispose: () => void thread.ask((api) => api.close(session)).catch(() => undefined),
  };
}
