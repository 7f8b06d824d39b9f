import * as vscode from 'vscode';
import { showFailure } from '../failures';
import { commandIds, type CommandId } from '../ids';
import type { Lab } from '../lab';
import { compareWith, estimate, inspectUntrained } from './authoring';
import { compareArchitectures } from './compareArchitectures';
import { deleteCheckpoint, revealCheckpoint, useCheckpoint } from './checkpointCommands';
import { exportCheckpoint } from './exportCheckpoint';
import { finetune } from './finetune';
import { showGallery } from './gallery';
import { forgetImported, importWeights, showMapping } from './importWeights';
import { classifyImage, compareImages, inspectAnother, inspectImage } from './images';
import { clearComparison, compareRuns, compareWithStart, openCompareWide, openRunConfig, refreshRuns, revealRun, showEvaluation } from './runCommands';
import { clearRunsFilter, filterRuns, groupRuns, hideArchivedRuns, showArchivedRuns, sortRuns } from './arrangeRuns';
import { deleteRuns, emptyRunsTrash, exportRun, importRun, restoreRuns } from './runFiles';
import { archiveRuns, noteRun, starRuns, tagRuns, unarchiveRuns, unstarRuns } from './runNotes';
import type { Arguments } from './targets';
import { startPractical } from './practicals';
import { practicalStep } from './practicalStep';
import { previewTraining } from './preview';
import { showProbe, useAsProbe } from './probe';
import { newProject, runPipeline } from './project';
import { writeReport } from './report';
import { rerun } from './rerun';
import { deleteSweep, moveTrialsDown, moveTrialsFirst, moveTrialsUp, openSweepConfig, pauseSweep, resumeSweep, retryTrials, runSweep, showSweep, showTrial, skipTrials } from './sweeps';
import { resumeTraining, startTraining, stopTraining } from './training';
import { buildTensorFlow } from './buildTensorFlow';
import { checkEngines } from './engines';
import { forgetHuggingFaceToken, getModel, setHuggingFaceToken } from './models';
import { forgetMlflowCredentials, sendToMlflow, setMlflowCredentials, writeRun } from './tracking';
import { createSample, newConfiguration, openWalkthrough, showLog } from './workspace';

type Command = (lab: Lab, ...args: Arguments) => void | Promise<void>;

const table: Record<CommandId, Command> = {
  [commandIds.startTraining]: startTraining,
  [commandIds.stopTraining]: stopTraining,
  [commandIds.resumeTraining]: resumeTraining,
  [commandIds.previewTraining]: previewTraining,
  [commandIds.estimate]: estimate,
  [commandIds.inspectUntrained]: inspectUntrained,
  [commandIds.compareWith]: compareWith,
  [commandIds.runSweep]: runSweep,
  [commandIds.pauseSweep]: pauseSweep,
  [commandIds.resumeSweep]: resumeSweep,
  [commandIds.retryTrials]: retryTrials,
  [commandIds.skipTrials]: skipTrials,
  [commandIds.moveTrialsFirst]: moveTrialsFirst,
  [commandIds.moveTrialsUp]: moveTrialsUp,
  [commandIds.moveTrialsDown]: moveTrialsDown,
  [commandIds.showSweep]: showSweep,
  [commandIds.showTrial]: showTrial,
  [commandIds.openSweepConfig]: openSweepConfig,
  [commandIds.deleteSweep]: deleteSweep,
  [commandIds.classifyImage]: classifyImage,
  [commandIds.inspectImage]: inspectImage,
  [commandIds.inspectAnother]: inspectAnother,
  [commandIds.compareImages]: compareImages,
  [commandIds.useAsProbe]: useAsProbe,
  [commandIds.showProbe]: showProbe,
  [commandIds.rerun]: rerun,
  [commandIds.compareRuns]: compareRuns,
  [commandIds.compareArchitectures]: compareArchitectures,
  [commandIds.compareWithStart]: compareWithStart,
  [commandIds.newConfiguration]: newConfiguration,
  [commandIds.finetune]: finetune,
  [commandIds.createSample]: createSample,
  [commandIds.newProject]: newProject,
  [commandIds.runPipeline]: runPipeline,
  [commandIds.startPractical]: startPractical,
  [commandIds.practicalStep]: practicalStep,
  [commandIds.glossary]: (lab, term) => lab.glossary.show(term),
  [commandIds.showLog]: showLog,
  [commandIds.checkEngines]: checkEngines,
  [commandIds.buildTensorFlow]: buildTensorFlow,
  [commandIds.getModel]: getModel,
  [commandIds.setHuggingFaceToken]: setHuggingFaceToken,
  [commandIds.forgetHuggingFaceToken]: forgetHuggingFaceToken,
  [commandIds.sendToMlflow]: sendToMlflow,
  [commandIds.setMlflowCredentials]: setMlflowCredentials,
  [commandIds.forgetMlflowCredentials]: forgetMlflowCredentials,
  [commandIds.writeRun]: writeRun,
  [commandIds.openWalkthrough]: openWalkthrough,
  [commandIds.refreshRuns]: refreshRuns,
  [commandIds.deleteRuns]: deleteRuns,
  [commandIds.filterRuns]: filterRuns,
  [commandIds.clearRunsFilter]: clearRunsFilter,
  [commandIds.sortRuns]: sortRuns,
  [commandIds.groupRuns]: groupRuns,
  [commandIds.showArchivedRuns]: showArchivedRuns,
  [commandIds.hideArchivedRuns]: hideArchivedRuns,
  [commandIds.starRuns]: starRuns,
  [commandIds.unstarRuns]: unstarRuns,
  [commandIds.tagRuns]: tagRuns,
  [commandIds.noteRun]: noteRun,
  [commandIds.archiveRuns]: archiveRuns,
  [commandIds.unarchiveRuns]: unarchiveRuns,
  [commandIds.restoreRuns]: restoreRuns,
  [commandIds.emptyRunsTrash]: emptyRunsTrash,
  [commandIds.exportRun]: exportRun,
  [commandIds.importRun]: importRun,
  [commandIds.showMoreRuns]: (lab, node) => lab.runsView.showMore(node),
  [commandIds.openRunConfig]: openRunConfig,
  [commandIds.revealRun]: revealRun,
  [commandIds.openCompareWide]: openCompareWide,
  [commandIds.clearComparison]: clearComparison,
  [commandIds.showEvaluation]: showEvaluation,
  [commandIds.showGallery]: showGallery,
  [commandIds.writeReport]: writeReport,
  [commandIds.useCheckpoint]: useCheckpoint,
  [commandIds.revealCheckpoint]: revealCheckpoint,
  [commandIds.importWeights]: importWeights,
  [commandIds.showMapping]: showMapping,
  [commandIds.forgetImported]: forgetImported,
  [commandIds.exportCheckpoint]: exportCheckpoint,
  [commandIds.deleteCheckpoint]: deleteCheckpoint,
};

/** Registers every command; what one throws becomes one notification. */
export function registerCommands(lab: Lab): vscode.Disposable[] {
  return Object.entries(table).map(([id, command]) =>
    vscode.commands.registerCommand(id, async (...args: Arguments) => {
      try {
        await command(lab, ...args);
      } catch (error) {
        showFailure(error, lab.log);
      }
    }),
  );
}
