import type { Architectures } from './architectures';
import type { Core } from './core';
import type { Estimates } from './estimates';
import type { EvaluationPanel } from './panels/evaluationPanel';
import type { GalleryPanel } from './panels/galleryPanel';
import type { GlossaryPanel } from './panels/glossaryPanel';
import type { InspectorPanels } from './panels/inspectorPanels';
import type { PreviewPanel } from './panels/previewPanel';
import type { ResultsPanel } from './panels/resultsPanel';
import type { SweepPanel } from './panels/sweepPanel';
import type { CheckpointsView } from './views/checkpointsTree';
import type { CompareView } from './views/compareView';
import type { RunsView } from './views/runsTree';
import type { SweepsView } from './views/sweepsTree';

/** All parts of the extension, as commands reach them. Made once, by `extension.ts`. */
export interface Lab extends Core {
  readonly inspector: InspectorPanels;
  readonly results: ResultsPanel;
  readonly evaluation: EvaluationPanel;
  readonly gallery: GalleryPanel;
  readonly sweepPanel: SweepPanel;
  readonly preview: PreviewPanel;
  readonly glossary: GlossaryPanel;
  readonly runsView: RunsView;
  readonly sweepsView: SweepsView;
  readonly checkpointsView: CheckpointsView;
  readonly compareView: CompareView;
  readonly architectures: Architectures;
  readonly estimates: Estimates;
}
