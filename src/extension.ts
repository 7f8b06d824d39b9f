import * as vscode from 'vscode';
import { ActiveImage } from './host/activeImage';
import { Architectures } from './host/architectures';
import { bundledRuns } from './host/bundled';
import { Checkpoints } from './host/checkpoints';
import { registerCommands } from './host/commands/commands';
import { Compared } from './host/compared';
import { EngineClient, type EngineClientOptions } from './host/engineClient';
import { Estimates } from './host/estimates';
import { inBackground, offer } from './host/failures';
import { settingIds, settingsSection } from './host/ids';
import type { Core } from './host/core';
import type { Lab } from './host/lab';
import { createLog } from './host/log';
import { registerConfigAssist } from './host/language/configAssist';
import { registerConfigProblems } from './host/language/configProblems';
import { registerPipelineLens } from './host/language/pipelineLens';
import { registerTrainLens } from './host/language/trainLens';
import { registerMappingReport } from './host/mappingReport';
import { onTrackingChange, trackingAccess } from './host/mlflow';
import { EvaluationPanel } from './host/panels/evaluationPanel';
import { GalleryPanel, registerGalleryRestore } from './host/panels/galleryPanel';
import { GlossaryPanel } from './host/panels/glossaryPanel';
import { InspectorPanels, registerInspectorRestore } from './host/panels/inspectorPanels';
import { PreviewPanel } from './host/panels/previewPanel';
import { ResultsPanel } from './host/panels/resultsPanel';
import { SweepPanel } from './host/panels/sweepPanel';
import { registerPracticals } from './host/practicals';
import { Runs } from './host/runs';
import { RunsShown } from './host/runsShown';
import { Sweeps } from './host/sweeps';
import { givesMemoryBack } from './enginePort';
import { engineEnvironment, nodePath } from './host/settings';
import { registerTasks } from './host/tasks';
import { registerTrainingLog } from './host/trainingLog';
import { registerEndNotices, registerSweepStatus, registerTrainingStatus, registerWarningNotices, tellLostTraining } from './host/trainingStatus';
import { registerWindowTrainings } from './host/windowTrainings';
import { CheckpointsView } from './host/views/checkpointsTree';
import { CompareView } from './host/views/compareView';
import { RunsView } from './host/views/runsTree';
import { SweepsView } from './host/views/sweepsTree';

/** Builds the parts and wires them; nothing is read from the disk but what the window before left in its two notes, and no process starts before somebody looks. */
export function activate(context: vscode.ExtensionContext): Lab {
  const core = createCore(context);
  core.log.info(`ViT Lab ${String((context.extension.packageJSON as { readonly version?: unknown }).version)}, VS Code ${vscode.version}`);
  const inspector = new InspectorPanels(core);
  const gallery = new GalleryPanel(core, (checkpoint) => inspector.shows(checkpoint));
  const lab: Lab = {
    ...core,
    inspector,
    results: new ResultsPanel(core, inspector),
    evaluation: new EvaluationPanel(core, gallery),
    gallery,
    sweepPanel: new SweepPanel(core),
    preview: new PreviewPanel(core),
    glossary: new GlossaryPanel(core),
    runsView: new RunsView(core),
    sweepsView: new SweepsView(core),
    checkpointsView: new CheckpointsView(core),
    compareView: new CompareView(core),
    architectures: new Architectures(core),
    estimates: new Estimates(),
  };
  context.subscriptions.push(
    ...registerCommands(lab),
    registerInspectorRestore(lab, inspector),
    registerGalleryRestore(lab, gallery),
    registerTrainingStatus(core),
    registerSweepStatus(core),
    registerEndNotices(core),
    registerWarningNotices(core),
    registerWindowTrainings(core),
    registerTrainingLog(core),
    registerConfigProblems(core),
    registerMappingReport(core),
    registerConfigAssist(core),
    registerTrainLens(lab.estimates),
    registerPipelineLens(),
    registerTasks(core),
    registerPracticals(core),
    tellTracking(core),
    refreshOnChanges(core),
    core.runs.onDidStart(({ run }) => void core.compared.add([run])),
    ...[lab.compareView, lab.checkpointsView, lab.sweepsView, lab.runsView, lab.results, lab.sweepPanel, lab.preview, lab.glossary, lab.evaluation, lab.gallery, lab.inspector, lab.architectures, lab.estimates],
    ...[core.checkpoints, core.sweeps, core.runs, core.runsShown, core.compared, core.activeImage, core.looker, core.trainer, core.leader, core.log],
  );
  return lab;
}

function createCore(context: vscode.ExtensionContext): Core {
  const log = createLog(context);
  const engine: Omit<EngineClientOptions, 'role'> = {
    file: vscode.Uri.joinPath(context.extensionUri, 'dist', 'engine.js').fsPath,
    log,
    l10n: vscode.l10n.uri?.fsPath,
    nodePath,
    environment: engineEnvironment,
    onStart: async (client) => client.useTracking(await trackingAccess(context)),
    onGivenUp: (reason) => offer('error', reason, [{ label: vscode.l10n.t('Show Log'), run: () => log.show(true) }]),
  };
  const looker = new EngineClient({ ...engine, role: 'looker', environment: () => ({ ...givesMemoryBack, ...engineEnvironment() }) });
  const runs = new Runs(looker, log);
  const trainer = new EngineClient({
    ...engine,
    role: 'trainer',
    onRunEvent: (event) => runs.onEvent(event),
    onDeath: (reason) => {
      const lost = runs.onTrainerDeath();
      if (lost) tellLostTraining(core, lost, reason);
    },
  });
  const checkpoints = new Checkpoints(looker, runs, context.workspaceState, log, bundledRuns(context.extensionUri));
  const compared = new Compared(context.workspaceState);
  const leader = new EngineClient({ ...engine, role: 'leader' });
  const sweeps = new Sweeps(looker, leader, runs, log);
  const core: Core = { context, log, trainer, looker, leader, activeImage: new ActiveImage(), runs, runsShown: new RunsShown(context.workspaceState), sweeps, checkpoints, compared };
  return core;
}

/** Engines that run hear of other servers and credentials; those that start are told them then. */
function tellTracking({ context, trainer, looker, leader, log }: Core): vscode.Disposable {
  const tell = async (): Promise<void> => {
    const access = await trackingAccess(context);
    for (const { running } of [trainer, looker, leader]) await running?.useTracking(access);
  };
  return onTrackingChange(context, () => inBackground(tell(), log));
}

function refreshOnChanges({ runs, sweeps, looker, trainer, leader }: Core): vscode.Disposable {
  const refresh = (): void => {
    void runs.refresh();
    void sweeps.refresh();
  };
  return vscode.Disposable.from(
    vscode.workspace.onDidChangeWorkspaceFolders(refresh),
    vscode.workspace.onDidGrantWorkspaceTrust(refresh),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if ([settingIds.runsFolder, settingIds.moreRunsFolders].some((id) => event.affectsConfiguration(`${settingsSection}.${id}`))) refresh();
      const startsEngine = [settingIds.nodePath, settingIds.tensorFlowFolder, settingIds.onnxRuntimeFolder, settingIds.backend, settingIds.provider];
      if (!startsEngine.some((id) => event.affectsConfiguration(`${settingsSection}.${id}`))) return;
      looker.end();
      // A training goes on with what it began with.
      if (!runs.live) trainer.end();
      if (sweeps.led === undefined) leader.end();
    }),
  );
}
