/**
 * Every name that the manifest and the code share. `test/host-manifest.test.ts` compares them with package.json, so
 * that neither can drift from the other.
 */

export const commandIds = {
  startTraining: 'vitLab.startTraining',
  stopTraining: 'vitLab.stopTraining',
  resumeTraining: 'vitLab.resumeTraining',
  previewTraining: 'vitLab.previewTraining',
  estimate: 'vitLab.estimate',
  inspectUntrained: 'vitLab.inspectUntrained',
  compareWith: 'vitLab.compareWith',
  runSweep: 'vitLab.runSweep',
  pauseSweep: 'vitLab.pauseSweep',
  resumeSweep: 'vitLab.resumeSweep',
  retryTrials: 'vitLab.retryTrials',
  skipTrials: 'vitLab.skipTrials',
  moveTrialsFirst: 'vitLab.moveTrialsFirst',
  moveTrialsUp: 'vitLab.moveTrialsUp',
  moveTrialsDown: 'vitLab.moveTrialsDown',
  showSweep: 'vitLab.showSweep',
  showTrial: 'vitLab.showTrial',
  openSweepConfig: 'vitLab.openSweepConfig',
  deleteSweep: 'vitLab.deleteSweep',
  classifyImage: 'vitLab.classifyImage',
  inspectImage: 'vitLab.inspectImage',
  inspectAnother: 'vitLab.inspectAnother',
  compareImages: 'vitLab.compareImages',
  useAsProbe: 'vitLab.useAsProbe',
  showProbe: 'vitLab.showProbe',
  rerun: 'vitLab.rerun',
  compareRuns: 'vitLab.compareRuns',
  compareArchitectures: 'vitLab.compareArchitectures',
  compareWithStart: 'vitLab.compareWithStart',
  newConfiguration: 'vitLab.newConfiguration',
  finetune: 'vitLab.finetune',
  createSample: 'vitLab.createSample',
  newProject: 'vitLab.newProject',
  runPipeline: 'vitLab.runPipeline',
  startPractical: 'vitLab.startPractical',
  practicalStep: 'vitLab.practicalStep',
  glossary: 'vitLab.glossary',
  showLog: 'vitLab.showLog',
  checkEngines: 'vitLab.checkEngines',
  buildTensorFlow: 'vitLab.buildTensorFlow',
  getModel: 'vitLab.getModel',
  setHuggingFaceToken: 'vitLab.setHuggingFaceToken',
  forgetHuggingFaceToken: 'vitLab.forgetHuggingFaceToken',
  sendToMlflow: 'vitLab.sendToMlflow',
  setMlflowCredentials: 'vitLab.setMlflowCredentials',
  forgetMlflowCredentials: 'vitLab.forgetMlflowCredentials',
  writeRun: 'vitLab.writeRun',
  openWalkthrough: 'vitLab.openWalkthrough',
  refreshRuns: 'vitLab.refreshRuns',
  deleteRuns: 'vitLab.deleteRuns',
  filterRuns: 'vitLab.filterRuns',
  clearRunsFilter: 'vitLab.clearRunsFilter',
  sortRuns: 'vitLab.sortRuns',
  groupRuns: 'vitLab.groupRuns',
  showArchivedRuns: 'vitLab.showArchivedRuns',
  hideArchivedRuns: 'vitLab.hideArchivedRuns',
  starRuns: 'vitLab.starRuns',
  unstarRuns: 'vitLab.unstarRuns',
  tagRuns: 'vitLab.tagRuns',
  noteRun: 'vitLab.noteRun',
  archiveRuns: 'vitLab.archiveRuns',
  unarchiveRuns: 'vitLab.unarchiveRuns',
  restoreRuns: 'vitLab.restoreRuns',
  emptyRunsTrash: 'vitLab.emptyRunsTrash',
  exportRun: 'vitLab.exportRun',
  importRun: 'vitLab.importRun',
  showMoreRuns: 'vitLab.showMoreRuns',
  openRunConfig: 'vitLab.openRunConfig',
  revealRun: 'vitLab.revealRun',
  openCompareWide: 'vitLab.openCompareWide',
  clearComparison: 'vitLab.clearComparison',
  showEvaluation: 'vitLab.showEvaluation',
  showGallery: 'vitLab.showGallery',
  writeReport: 'vitLab.writeReport',
  useCheckpoint: 'vitLab.useCheckpoint',
  revealCheckpoint: 'vitLab.revealCheckpoint',
  importWeights: 'vitLab.importWeights',
  showMapping: 'vitLab.showMapping',
  forgetImported: 'vitLab.forgetImported',
  exportCheckpoint: 'vitLab.exportCheckpoint',
  deleteCheckpoint: 'vitLab.deleteCheckpoint',
} as const;

export type CommandId = (typeof commandIds)[keyof typeof commandIds];

export const containerId = 'vitLab';

export const viewIds = {
  runs: 'vitLab.runs',
  sweeps: 'vitLab.sweeps',
  checkpoints: 'vitLab.checkpoints',
  compare: 'vitLab.compare',
} as const;

/** View types of the editor panels. */
export const panelIds = {
  inspector: 'vitLab.inspector',
  compare: 'vitLab.comparePanel',
  results: 'vitLab.results',
  evaluation: 'vitLab.evaluation',
  gallery: 'vitLab.gallery',
  sweep: 'vitLab.sweep',
  preview: 'vitLab.preview',
  glossary: 'vitLab.glossaryPanel',
} as const;

export const contextKeys = {
  /** A training of this window is under way. */
  training: 'vitLab.training',
  /** The list of runs has been read, so that an empty one means that there are none. */
  loaded: 'vitLab.loaded',
  /** The same for the checkpoints. */
  checkpointsLoaded: 'vitLab.checkpointsLoaded',
  /** There is at least one sweep; without one its view would only take room. */
  sweeps: 'vitLab.hasSweeps',
  /** A sweep of this window is under way. */
  sweeping: 'vitLab.sweeping',
  /** At least one run is ticked for the comparison. */
  comparing: 'vitLab.comparing',
  /** There is at least one run, be it shown or not. */
  hasRuns: 'vitLab.hasRuns',
  /** The Runs view has a filter. */
  filtered: 'vitLab.runsFiltered',
  archivedShown: 'vitLab.archivedShown',
} as const;

/** Settings without their section. */
export const settingsSection = 'vitLab';
export const settingIds = {
  runsFolder: 'runsFolder',
  moreRunsFolders: 'moreRunsFolders',
  backend: 'engine.backend',
  provider: 'engine.provider',
  nodePath: 'engine.nodePath',
  tensorFlowFolder: 'engine.tensorFlowFolder',
  onnxRuntimeFolder: 'engine.onnxRuntimeFolder',
  topK: 'classify.topK',
  precision: 'classify.precision',
  notifyOnEnd: 'training.notifyOnEnd',
  sweepParallel: 'sweep.parallel',
  mlflowUri: 'tracking.mlflowUri',
  mlflowExperiment: 'tracking.mlflowExperiment',
  mlflowAlways: 'tracking.always',
} as const;

/** Of tasks in `tasks.json`. */
export const taskType = 'vit-lab';

export const walkthroughId = 'vitLab.start';

/** The walkthrough of a practical of the course. */
export function practicalWalkthroughId(practical: 1 | 2 | 3 | 4): string {
  return `vitLab.practical${practical}`;
}

/** What the walkthroughs of the practicals tick off; the first sign is the number of the practical. */
export const practicalSteps = [
  '1.ready', '1.tokens', '1.patches', '1.positions', '1.plotted',
  '2.ready', '2.naive', '2.better', '2.compared', '2.evaluated',
  '3.ready', '3.trained', '3.before', '3.looked',
  '4.ready', '4.trained', '4.tracked', '4.evaluated', '4.reported',
] as const;
export type PracticalStep = (typeof practicalSteps)[number];

/** The context that says that a step is done. */
export function contextOfStep(step: PracticalStep): string {
  return `vitLab.practical${step}`;
}

/** `contextValue` of tree items: what the `when` clauses of the manifest match. */
export const itemKinds = {
  runRunning: 'vitLab.run.running',
  runResumable: 'vitLab.run.resumable',
  runEnded: 'vitLab.run.ended',
  /** A heading of the Runs view; it has no menu. */
  runGroup: 'vitLab.runGroup',
  /** What stands behind a run's state: `.starred`, `.archived`, `.finetuned`, in this order. */
  runStarred: 'vitLab.run.ended.starred',
  runArchived: 'vitLab.run.ended.archived',
  finetunedRunning: 'vitLab.run.running.finetuned',
  finetunedResumable: 'vitLab.run.resumable.finetuned',
  finetunedEnded: 'vitLab.run.ended.finetuned',
  sweepRunning: 'vitLab.sweep.running',
  sweepPaused: 'vitLab.sweep.paused',
  sweepFinished: 'vitLab.sweep.finished',
  sweepBroken: 'vitLab.sweep.broken',
  trialWaiting: 'vitLab.trial.waiting',
  trialRunning: 'vitLab.trial.running',
  trialStopped: 'vitLab.trial.stopped',
  trialFinished: 'vitLab.trial.finished',
  trialFailed: 'vitLab.trial.failed',
  trialSkipped: 'vitLab.trial.skipped',
  checkpointGroup: 'vitLab.checkpointGroup',
  checkpoint: 'vitLab.checkpoint',
  checkpointActive: 'vitLab.checkpoint.active',
  checkpointBundled: 'vitLab.checkpoint.bundled',
  checkpointImported: 'vitLab.checkpoint.imported',
} as const;
