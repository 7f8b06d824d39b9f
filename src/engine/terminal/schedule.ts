import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import type { SchedulePhase, SchedulePreview } from '../../protocol';
import { writeFileAtomic } from '../atomic';
import { schedulePicture } from '../schedulePicture';
import { counting, number, text, texts, UsageError, type Command } from './command';
import { table } from './output';

/** Columns of the sparkline. */
const COLUMNS = 64;
const BARS = '▁▂▃▄▅▆▇█';

export const scheduleCommand: Command = {
  get summary() {
    return l10n.t('show learning rate, image sizes and mixing of a training before it is run');
  },
  usage: 'CONFIG [--svg FILE] [--set KEY=VALUE]… [--images N] [--json]',
  options: { svg: { type: 'string' }, set: { type: 'string', multiple: true }, images: { type: 'string' } },
  get help() {
    return {
      svg: l10n.t('also draw it into an SVG file'),
      set: l10n.t('KEY=VALUE: replaces a value of the configuration, e.g. --set model.depth=6'),
      images: l10n.t('number of training images, instead of opening the dataset'),
    };
  },
  takes: [1, 1],
  async run(terminal) {
    const { output, engine } = terminal;
    const [config] = terminal.args as readonly [string];
    const images = text(terminal, 'images') === undefined ? undefined : number(terminal, 'images', 0);
    if (images !== undefined && (!Number.isInteger(images) || images < 1)) throw new UsageError(l10n.t('--{0} takes a number of images, 1 or more, not {1}', 'images', images));
    const svg = text(terminal, 'svg');
    if (svg !== undefined && !/\.svg$/i.test(svg)) throw new UsageError(l10n.t('--svg takes the name of an SVG file'));
    const preview = await engine.api.previewSchedule({ config, set: texts(terminal, 'set'), ...(images !== undefined && { images }) }, terminal.call(counting(output, l10n.t('Reading images'))));
    output.settle();
    if (output.json) output.document(preview);
    else {
      output.print(l10n.t('{0} epochs of {1} steps', preview.epochs, preview.stepsPerEpoch));
      output.print(`\n${sparkline(preview)}\n`);
      output.print(table([[l10n.t('phase'), l10n.t('epochs'), l10n.t('learning rate')], ...preview.phases.map((phase) => phaseRow(preview, phase))], output));
      for (const note of preview.notes) output.print(`\n${note}`);
    }
    for (const warning of preview.warnings) output.note(l10n.t('warning: {0}', warning));
    if (svg !== undefined) await writeFileAtomic(path.resolve(svg), schedulePicture(preview, path.basename(config)));
    return 0;
  },
};

/** The learning rate, from left to right, in eight heights. */
export function sparkline({ epochs, stepsPerEpoch, step, lr }: SchedulePreview): string {
  const steps = epochs * stepsPerEpoch;
  const columns = Math.min(COLUMNS, steps);
  const most = Math.max(...lr);
  return Array.from({ length: columns }, (_, column) => {
    const at = columns === 1 ? 0 : (column * (steps - 1)) / (columns - 1);
    const nearest = step.findLastIndex((one) => one <= at + 0.5);
    return BARS[Math.min(BARS.length - 1, Math.floor((lr[nearest]! / most) * BARS.length))];
  }).join('');
}

function phaseRow({ step, lr, stepsPerEpoch }: SchedulePreview, { kind, label, value, begin, end }: SchedulePhase): string[] {
  const rate = (at: number): string => String(Number(lr[step.indexOf(at)]!.toPrecision(3)));
  const epoch = (at: number): string => String(Number((at / stepsPerEpoch).toFixed(2)));
  return [kind === 'patch_dropout' ? `${label} ${value}` : label, `${epoch(begin)} – ${epoch(end)}`, `${rate(begin)} – ${rate(end - 1)}`];
}
