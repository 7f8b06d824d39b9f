import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { networkName, pairOf, vitSpec } from '../model/spec';
import { howToStart, imagesOf, pace, type Found } from '../newConfig';
import { UserError } from '../userError';
import { startFacts } from './start';

interface Wish {
  readonly from: string;
  readonly unfreeze?: string;
}

/**
 * A commented configuration that fine-tunes weights on a dataset. Fine-tuning wants a lower rate than a training from
 * scratch, lower still near the images (layer-wise decay of 0.75, as BEiT and MAE have it for their smaller models), and few
 * epochs; a head alone learns at the usual rate.
 *
 * @throws UserError when the weights cannot be read or `unfreeze` is none of `all`, `head`, or a number
 */
export async function finetuneText(file: string, found: Found | null, { from, unfreeze = 'all' }: Wish): Promise<string> {
  if (!/^(all|head|[1-9]\d*)$/.test(unfreeze)) throw new UserError(l10n.t('{0} cannot be unfrozen: all, head, or a number of blocks is needed.', unfreeze));
  const { image, model } = await startFacts(path.resolve(from));
  const head = unfreeze === 'head';
  const { batch, epochs } = pace(imagesOf(found));
  const size = typeof image.size === 'number' ? String(image.size) : `[${image.size.join(', ')}]`;
  const name = networkName(vitSpec(image, model, 1));
  const about = found
    ? l10n.t('Fine-tunes {0} on {1}: {2} classes, {3} images.', name, found.path, found.classes.length, found.images)
    : l10n.t('Fine-tunes {0} on the generated sample of shapes.', name);
  return [
    `# ${about}`,
    `# ${howToStart(path.basename(file))}`,
    '',
    'dataset:',
    ...(found ? [`  path: ${JSON.stringify(found.path)}`] : ['  format: shapes']),
    line('val_split: 0.1', l10n.t('held out to choose the best checkpoint, if there is no val folder')),
    line('test_split: 0.1', l10n.t('held out for the final test, if there is no test folder')),
    '',
    'image:',
    line(`size: ${size}`, l10n.t('as the weights were trained; a larger one sees more, and their positions are resized to it')),
    '',
    `# ${l10n.t('The network (model) and the normalisation of the images come from these weights.')}`,
    'finetune:',
    `  from: ${JSON.stringify(seenFrom(file, from))}`,
    line(`unfreeze: ${unfreeze}`, l10n.t('all; head: the classifier alone, the fastest; or a number: that many of the last blocks')),
    ...(head ? [] : [line('layer_decay: 0.75', l10n.t('each layer nearer to the image learns at 0.75 of the rate of the next'))]),
    '',
    'train:',
    line(`epochs: ${Math.min(20, Math.max(10, epochs / 2))}`, l10n.t('few: the network knows how to see already')),
    `  batch_size: ${batch}`,
    line(`lr: ${head ? 0.001 : 0.0005}`, l10n.t('peak learning rate; lower it when the loss jumps')),
    '  warmup_epochs: 1',
    '  augment:',
    line(`  crop_padding: ${Math.round(pairOf(image.size)[0] / 8)}`, l10n.t('shift the images by up to this many pixels')),
    `    hflip: ${found?.grey !== true}`.padEnd(WIDTH) + `# ${l10n.t('mirror half of them; set to false for text and digits')}`,
    '',
  ].join('\n');
}

const WIDTH = 24;

function line(text: string, comment: string): string {
  return `${`  ${text}`.padEnd(WIDTH)}# ${comment}`;
}

/** The weights as the configuration names them: relative to it, with slashes. */
function seenFrom(file: string, from: string): string {
  const seen = path.relative(path.dirname(path.resolve(file)), path.resolve(from));
  return seen.split(path.sep).join('/') || '.';
}
