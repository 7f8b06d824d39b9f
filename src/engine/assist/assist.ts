import type { EngineApi } from '../../protocol';
import type { Server } from '../../rpc';
import { checkConfig } from './check';
import { completeConfig, listPresets } from './complete';
import { hoverConfig } from './hover';
import { rememberingSurvey } from './survey';
import { writeUntrained } from './untrained';

type Api = Pick<Server<EngineApi>, 'checkConfig' | 'completeConfig' | 'hoverConfig' | 'listPresets' | 'writeUntrained'>;

/** What helps somebody who writes a configuration. What was listed of its data is remembered for a while. */
export function createAssist(): Api {
  const surveyOf = rememberingSurvey();
  return {
    checkConfig: (q) => checkConfig(q, surveyOf),
    completeConfig: (q) => completeConfig(q),
    hoverConfig: (q) => hoverConfig(q, surveyOf),
    listPresets: () => listPresets(),
    writeUntrained: (q) => writeUntrained(q),
  };
}
