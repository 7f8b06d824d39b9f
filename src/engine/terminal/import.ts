import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { reportLines } from '../pretrained/report';
import { short } from '../units';
import { number, text, UsageError, type Command, type Terminal } from './command';

export const importCommand: Command = {
  get summary() {
    return l10n.t('read weights of timm, Hugging Face, torchvision, CLIP or Google, and tell what was matched');
  },
  usage: 'FILE|FOLDER [--model PRESET|CONFIG] [--out CHECKPOINT] [--image-size N] [--patch-size N] [--replace-head CLASSES] [--partial] [--force] [--json]',
  options: {
    model: { type: 'string' },
    out: { type: 'string' },
    'image-size': { type: 'string' },
    'patch-size': { type: 'string' },
    'replace-head': { type: 'string' },
    partial: { type: 'boolean' },
    force: { type: 'boolean' },
  },
  get help() {
    return {
      model: l10n.t('the network: a preset (vit-lab info --presets) or a configuration, where the file does not say it'),
      out: l10n.t('write a checkpoint of ViT Lab: a .safetensors file'),
      'image-size': l10n.t('another side of the image in pixels: positions are resized as their family does'),
      'patch-size': l10n.t('another side of a patch in pixels: the projection is resized (FlexiViT)'),
      'replace-head': l10n.t('a new head of zeros: a number of classes, or their names with commas'),
      partial: l10n.t('leave out what does not belong to the network, and draw anew what is missing'),
      force: l10n.t('overwrite the file'),
    };
  },
  takes: [1, 1],
  async run(terminal) {
    const { output, engine, args, values } = terminal;
    const [model, out, head] = [text(terminal, 'model'), text(terminal, 'out'), text(terminal, 'replace-head')];
    const done = await engine.api.importWeights(
      {
        path: args[0]!,
        ...(model !== undefined && { model }),
        ...(out !== undefined && { out }),
        ...(head !== undefined && { replaceHead: classesOf(head) }),
        ...side(terminal, 'image-size', 'imageSize'),
        ...side(terminal, 'patch-size', 'patchSize'),
        partial: values['partial'] === true,
        force: values['force'] === true,
      },
      terminal.call(),
    );
    const { origin, facts, classes, preprocessing } = done;
    if (output.json) {
      output.document({ ...origin.report, file: origin.file, facts: origin.facts, classes, model: facts, preprocessing: { ...origin.preprocessing, description: preprocessing }, ...(done.out !== undefined && { out: done.out }) });
      return 0;
    }
    output.print(output.style('bold', origin.file));
    for (const line of reportLines(origin.report)) output.print(line);
    output.print(l10n.t('{0}: {1} parameters, {2} classes', facts.name, short(facts.params), classes.length));
    output.print(`${preprocessing} (${origin.preprocessing.source})`);
    for (const note of origin.preprocessing.notes) output.note(note);
    for (const [key, from] of Object.entries(origin.facts)) if (from !== 'tensors') output.print(`  ${key}: ${from}`);
    if (done.out !== undefined) output.print(l10n.t('Written: {0}', path.relative('', done.out)));
    return 0;
  },
};

function classesOf(given: string): string[] {
  const count = Number(given);
  if (Number.isInteger(count) && count > 0) return Array.from({ length: count }, (_, i) => l10n.t('class {0}', i));
  const names = given.split(',').map((name) => name.trim());
  if (names.length > 1 && names.every((name) => name !== '')) return names;
  throw new UsageError(l10n.t('--replace-head takes a number of classes, or their names with commas, not {0}', given));
}

function side<K extends string>(terminal: Terminal, option: string, key: K): Partial<Record<K, number>> {
  if (text(terminal, option) === undefined) return {};
  const value = number(terminal, option, 0);
  if (!Number.isInteger(value) || value < 1) throw new UsageError(l10n.t('--{0} takes a number of pixels, not {1}', option, value));
  return { [key]: value } as Record<K, number>;
}
