import type { Architectures } from './architectures';
import type { Core } from './core';
import type { EvaluationPanel } from './panels/evaluationPanel';
import type { InspectorPanel } from './panels/inspectorPanel';
import type { ResultsPanel } from './panels/resultsPanel';
import type { CheckpointsView } from './views/checkpointsTree';
import type { CompareView } from './views/compareView';
import type { RunsView } from './views/runsTree';

/** All parts of the extension, as commands reach them. Made once, by `extension.ts`. */
export interface Lab extends Core {
  readonly inspector: InspectorPanel;
  readonly results: ResultsPanel;
  readonly evaluation: EvaluationPanel;
  readonly runsView: RunsView;
  readonly checkpointsView: CheckpointsView;
  readonly compareView: CompareView;
  readonly architectures: Architectures;
}
