// The engine's stages in the order in which data flows; a stage imports those above it, never one below.
// `node scripts/river.mjs` lists the imports that flow back.
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { root } from './bundles.mjs';

/**
 * One line per stage; files of one stage may import each other. A single file is named where it flows earlier than its
 * folder: the presets and the schema, the shape of a model, the interface of a dataset and that of an executor are agreed on before they are filled.
 */
export const stages = [
  ['protocol', 'authoringProtocol', 'runProtocol', 'pictureProtocol', 'modelProtocol', 'evaluationProtocol', 'examinationProtocol', 'explanationProtocol', 'flowProtocol', 'featureProtocol', 'trackingProtocol', 'panelProtocol', 'sweepProtocol', 'previewProtocol', 'storeProtocol', 'reportProtocol', 'practicalProtocol', 'glossaryProtocol', 'projectProtocol', 'galleryProtocol', 'galleryOrder', 'explanations', 'glossary', 'dateTime', 'epochs', 'outliers', 'weighedRows', 'answerKey', 'half', 'npyFile', 'standalonePage', 'recording', 'telling', 'light', 'pageQuestions', 'rpc', 'enginePort'],
  ['userError', 'collect', 'version', 'random', 'tensors', 'json', 'units', 'csv', 'svg', 'atomic', 'cache', 'cacheFolder', 'classKey', 'log', 'language', 'pictures/unreadable', 'zipFile'],
  ['weights'],
  ['model/presets'],
  ['config/schema', 'config/augmentSchema', 'config/sweepSchema', 'config/trackingSchema'],
  ['preprocessing'],
  ['model/spec', 'model/inside', 'dataset/dataset', 'compile/executor'],
  ['config'],
  ['hub'],
  ['image', 'resample', 'pictures'],
  ['dataset', 'augment'],
  ['model', 'optim', 'schedule', 'scheduleCurve', 'schedulePicture', 'metrics'],
  ['compile'],
  ['executors'],
  ['pipeline'],
  ['trainer', 'tta'],
  ['pretrained', 'checkpoint', 'runs', 'runStore'],
  ['inspect'],
  ['terminal/canvas', 'terminal/colours', 'terminal/pictures', 'confusionPicture'],
  ['doctor', 'inductiveBias', 'facts', 'imageView', 'describe', 'compareModels', 'sample', 'practicals', 'newConfig', 'looking', 'explaining', 'flowing', 'planning', 'features', 'gallery', 'scoring', 'watch', 'moved', 'rerun', 'tracking', 'ownDataset', 'evaluateCheckpoint', 'evaluateWeights', 'fitsData', 'oddWithData', 'previewSchedule', 'previewBatch', 'precision', 'headStatistics', 'finetune', 'teacher', 'training', 'trainingEnd', 'classify', 'export', 'importWeights', 'sweep', 'assist', 'estimate', 'report', 'project', 'verdicts', 'engine'],
  ['main', 'cli', 'terminal'],
];

/** The stage of a file under src/engine (or of src/protocol.ts and src/rpc.ts), and the name by which it is in the list. */
function stageOf(file) {
  const parts = path.relative(path.join(root, 'src'), file).replace(/^engine[\\/]/, '').replace(/\.ts$/, '').split(/[\\/]/);
  const names = [parts.join('/'), parts[0]];
  const stage = stages.findIndex((line) => line.includes(names[0]));
  return stage >= 0 ? { name: names[0], stage } : { name: names[1], stage: stages.findIndex((line) => line.includes(names[1])) };
}

const importPattern = /(?:from|import)\s*\(?\s*'(\.[^']+)'/g;

async function importsOf(file) {
  const text = await readFile(file, 'utf8');
  return [...text.matchAll(importPattern)].map((match) => path.resolve(path.dirname(file), match[1]));
}

/** Every import that flows back, and every file that belongs to no stage, as sentences. */
export async function violations() {
  const folder = path.join(root, 'src/engine');
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts'));
  const found = [];
  for (const name of names.sort()) {
    const from = stageOf(path.join(folder, name));
    if (from.stage < 0) found.push(`src/engine/${name} belongs to no stage; give it one in scripts/river.mjs`);
    for (const target of await importsOf(path.join(folder, name))) {
      const to = stageOf(target);
      if (from.stage >= 0 && to.stage > from.stage) found.push(`src/engine/${name} (${from.name}) imports ${to.name}, which lies downstream`);
    }
  }
  return found;
}

if (process.argv[1] === import.meta.filename) {
  const found = await violations();
  for (const sentence of found) console.log(sentence);
  process.exitCode = found.length > 0 ? 1 : 0;
}
