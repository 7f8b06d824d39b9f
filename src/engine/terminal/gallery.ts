import * as path from 'node:path';
import * as l10n from '@vscode/l10n';
import { methodName } from '../../explanations';
import { arrangeCards, canSort, galleryMaps, galleryRows, galleryScales, isRight, largestFirst, sharedEnds, type GallerySort } from '../../galleryOrder';
import type { GalleryCard, GalleryFilter, GalleryList, GalleryMethod, ImageSet } from '../../protocol';
import { writeFileAtomic } from '../atomic';
import { withNearest } from '../config/nearest';
import { csvText } from '../csv';
import { UserError } from '../userError';
import { counting, number, oneOf, text, UsageError, type Command, type Terminal } from './command';
import { galleryPage, type GalleryResult } from './galleryPage';
import { drawGallery } from './galleryPicture';
import { tellKnown } from './known';
import { table } from './output';

const SORTS = { listed: 'given', name: 'name', confidence: 'confidence', entropy: 'entropy', 'map-entropy': 'spread', correct: 'correct' } as const satisfies Record<string, GallerySort>;
const SPLITS = ['test', 'val', 'train'] as const;

export const galleryCommand: Command = {
  get summary() {
    return l10n.t('many images at once, with where the network looks in each');
  },
  usage: 'CHECKPOINT [FOLDER] [--split test|val|train] [--class NAME] [--taken-for NAME] [--cell TRUE,PREDICTED] [--only right|wrong] [--map rollout|attention|chefer] [--scale map|shared] [--sort ORDER] [--reverse] [--most N] [--html FILE] [--png FILE] [--svg FILE] [--csv FILE] [--npy FILE] [--data DIR] [--json]',
  options: {
    split: { type: 'string' }, class: { type: 'string' }, 'taken-for': { type: 'string' }, cell: { type: 'string' }, only: { type: 'string' },
    map: { type: 'string', default: 'rollout' }, scale: { type: 'string', default: 'map' }, sort: { type: 'string', default: 'listed' }, reverse: { type: 'boolean' }, most: { type: 'string', default: '200' },
    html: { type: 'string' }, png: { type: 'string' }, svg: { type: 'string' }, csv: { type: 'string' }, npy: { type: 'string' }, data: { type: 'string' },
  },
  get help() {
    return {
      split: l10n.t('which images of its dataset, where no folder is given (default test)'),
      class: l10n.t('images of this class; in a folder those that lie in one of that name'),
      'taken-for': l10n.t('images that are taken for this class'),
      cell: l10n.t('both: a cell of the confusion matrix, the class first'),
      only: l10n.t('what is right or wrong'),
      map: l10n.t('rollout (default), attention: of the class token in the last block, chefer: relevance for the predicted class'),
      scale: l10n.t('of the colours: map (default), from the smallest to the largest value of each map; shared, one for all'),
      sort: l10n.t('listed (default), name, confidence, entropy, map-entropy, correct (wrong first); numbers from the largest'),
      reverse: l10n.t('the other way round'),
      most: l10n.t('images that are looked at (default 200): of more a mixed order is taken, the same each time, of a search the surest'),
      html: l10n.t('write one HTML file that sorts by itself'),
      png: l10n.t('write the images side by side as a picture'),
      svg: l10n.t('the same as SVG'),
      csv: l10n.t('also write the table to a CSV file'),
      npy: l10n.t('also write the maps for NumPy, [images, rows, columns], an image for each line of the table'),
      data: l10n.t('another place of the dataset'),
    };
  },
  takes: [1, 2],
  async run(terminal) {
    const { output } = terminal;
    const result = await look(terminal);
    const { list, cards, sort, descending } = result;
    const shown = arrangeCards(cards, sort, descending);
    output.settle();
    if (output.json) output.document(documentOf(result, shown));
    else {
      const good = shown.filter(({ error }) => error === undefined);
      if (good.length > 0) output.print(table(tableOf(good, list), output));
      output.print(summaryOf(list, cards));
      if (!list.labelled) tellKnown(output, result.checkpoint, list.classes);
      for (const { name, error } of shown) if (error !== undefined) output.note(l10n.t('{0}: {1}', shortName(name), error.replaceAll(name, path.basename(name))));
    }
    await writeFiles(terminal, result, shown);
    return cards.length > 0 && cards.every(({ error }) => error !== undefined) ? 1 : 0;
  },
};

async function look(terminal: Terminal): Promise<GalleryResult> {
  const { output, engine, args } = terminal;
  const [checkpoint = '', folder] = args;
  const most = number(terminal, 'most', 200);
  if (!Number.isInteger(most) || most < 1) throw new UsageError(l10n.t('--most takes a whole number from 1, not {0}', most));
  const method = oneOf(terminal, 'map', ['rollout', 'attention', 'chefer'] as const, 'rollout');
  const sort = SORTS[oneOf(terminal, 'sort', Object.keys(SORTS) as (keyof typeof SORTS)[], 'listed')];
  const scale = oneOf(terminal, 'scale', galleryScales, 'map');
  const images = imagesOf(terminal, folder);
  const { info, classes } = await engine.looker.withCheckpoint(checkpoint, ({ info: found, meta }) => Promise.resolve({ info: found, classes: meta.classes }));
  const filter = filterOf(terminal, classes);
  const list = await engine.api.findGallery({ checkpoint, images, filter, few: most }, terminal.call(counting(output, l10n.t('Looking for images'))));
  if (!canSort(sort, list)) throw new UserError(unsortable(sort, list));
  const indices = [...list.indices.subarray(0, most)];
  const cards: GalleryCard[] = [];
  await engine.api.lookAtGallery({ checkpoint, images, indices, method }, terminal.call((value) => {
    cards.push(...(value as GalleryCard[]));
    output.progress(`${l10n.t('Looking')} ${cards.length}/${indices.length}`, cards.length / indices.length);
  }));
  return { checkpoint: info, wish: { images, filter }, list, cards, method, sort, scale, descending: largestFirst(sort) !== (terminal.values['reverse'] === true) };
}

/** Why an order is none of these images, before they are looked at. */
function unsortable(sort: GallerySort, { classes }: GalleryList): string {
  if (sort === 'spread') return l10n.t('--sort map-entropy: this network has no maps.');
  const name = Object.entries(SORTS).find(([, one]) => one === sort)?.[0] ?? sort;
  if (classes.length === 0) return l10n.t('--sort {0}: this network has no classes.', name);
  return l10n.t('--sort correct: of no image here the class is known. Put the images into folders named as classes of the network ({0}).', classes.length > 12 ? `${classes.slice(0, 12).join(', ')}, …` : classes.join(', '));
}

function imagesOf(terminal: Terminal, folder: string | undefined): ImageSet {
  const [split, data] = [text(terminal, 'split'), text(terminal, 'data')];
  if (folder === undefined) return { split: oneOf(terminal, 'split', SPLITS, 'test'), ...(data !== undefined && { data }) };
  if (split !== undefined || data !== undefined) throw new UsageError(l10n.t('--split and --data name images of the dataset; {0} is a folder beside them.', folder));
  return { folder: path.resolve(folder) };
}

function filterOf(terminal: Terminal, classes: readonly string[]): GalleryFilter {
  const named = (option: string): number | undefined => {
    const name = text(terminal, option);
    return name === undefined ? undefined : classOf(name, classes);
  };
  const cell = text(terminal, 'cell');
  const [is, as] = cell === undefined ? [named('class'), named('taken-for')] : cellOf(cell, classes);
  if (cell !== undefined && (text(terminal, 'class') ?? text(terminal, 'taken-for')) !== undefined) throw new UsageError(l10n.t('--cell says both --class and --taken-for.'));
  const only = text(terminal, 'only') === undefined ? undefined : oneOf(terminal, 'only', ['right', 'wrong'] as const, 'wrong');
  return { ...(is !== undefined && { is }), ...(as !== undefined && { as }), ...(only !== undefined && { right: only === 'right' }) };
}

function classOf(name: string, classes: readonly string[]): number {
  const found = classes.indexOf(name);
  if (found >= 0) return found;
  const some = classes.slice(0, 12).join(', ');
  throw new UserError(classes.length === 0 ? l10n.t('This network has no classes.') : withNearest(l10n.t('There is no class {0}. The network has {1}.', name, classes.length > 12 ? `${some}, …` : some), name, classes));
}

/** Names may hold commas themselves. */
function cellOf(cell: string, classes: readonly string[]): readonly [number, number] {
  const commas = [...cell].flatMap((sign, i) => (sign === ',' ? [i] : []));
  if (commas.length === 0) throw new UsageError(l10n.t('--cell takes two classes with a comma between them, not {0}', cell));
  const halves = commas.map((at) => [cell.slice(0, at).trim(), cell.slice(at + 1).trim()] as const);
  const [is, as] = halves.find((pair) => pair.every((name) => classes.includes(name))) ?? halves[0]!;
  return [classOf(is, classes), classOf(as, classes)];
}

function tableOf(cards: readonly GalleryCard[], { classes }: GalleryList): readonly (readonly string[])[] {
  const name = (k: number | null): string => (k === null ? '–' : (classes[k] ?? String(k)));
  const digits = (value: number | null): string => (value === null ? '–' : value.toFixed(3));
  return [
    [l10n.t('image'), l10n.t('class'), l10n.t('taken for'), '', l10n.t('confidence'), l10n.t('entropy nats'), l10n.t('map entropy nats')],
    ...cards.map((card) => {
      const right = isRight(card);
      return [shortName(card.name), name(card.truth), name(card.guess), right === null ? '' : right ? l10n.t('right') : l10n.t('wrong'), card.confidence === null ? '–' : `${(card.confidence * 100).toFixed(1)} %`, digits(card.entropy), digits(card.spread)];
    }),
  ];
}

function summaryOf({ indices, size }: GalleryList, cards: readonly GalleryCard[]): string {
  const unread = cards.filter(({ error }) => error !== undefined).length;
  const known = cards.map(isRight).filter((right) => right !== null);
  const right = known.filter(Boolean).length;
  const count = [
    l10n.t('{0} of {1} images that fit, of {2} in all.', cards.length, indices.length, size),
    ...(unread > 0 ? [l10n.t('Not readable: {0}.', unread)] : []),
  ].join(' ');
  return known.length > 0 ? `${count} ${l10n.t('{0} right, {1} wrong.', right, known.length - right)}` : count;
}

function shortName(name: string): string {
  const relative = path.relative('', name);
  return relative.startsWith('..') ? name : relative;
}

function documentOf({ checkpoint, wish, list, method }: GalleryResult, shown: readonly GalleryCard[]): unknown {
  const { classes, grid, size, order, labelled } = list;
  const name = (k: number | null): string | null => (k === null ? null : (classes[k] ?? String(k)));
  const cards = shown.map(({ index, name: file, truth, guess, confidence, entropy, spread, map, error }) => ({ index, image: file, class: name(truth), predicted: name(guess), confidence, entropy, mapEntropy: spread, map: map && [...map], ...(error !== undefined && { error }) }));
  return { checkpoint: checkpoint.path, images: wish.images, fit: list.indices.length, size, order, labelled, method, grid, cards };
}

/** Last, so that a file that cannot be written costs no result. */
async function writeFiles(terminal: Terminal, result: GalleryResult, shown: readonly GalleryCard[]): Promise<void> {
  const { list, wish, checkpoint, method } = result;
  const write = async (option: string, content: () => Promise<string | Uint8Array>): Promise<void> => {
    const file = text(terminal, option);
    if (file === '') throw new UserError(l10n.t('A name of a file is missing.'));
    if (file !== undefined) await writeFileAtomic(path.resolve(file), await content());
  };
  const scale = result.scale === 'shared' ? sharedEnds(shown) : null;
  const title = 'folder' in wish.images ? path.basename(wish.images.folder) : `${checkpoint.runName}, ${wish.images.split}`;
  const canvas = (): ReturnType<typeof drawGallery> => {
    const lines = [`${checkpoint.runName} · ${l10n.t('epoch {0}', checkpoint.epoch)} · ${list.model}`, `${list.grid ? `${methodName(method)} · ` : ''}${summaryOf(list, result.cards)}`, ...(list.grid ? [scaleWords(method, scale)] : [])];
    return drawGallery(shown, list, { title, lines, scale });
  };
  await write('html', () => galleryPage(result, title));
  await write('png', async () => {
    const { png, lettered } = await (await canvas()).png();
    if (!lettered) terminal.output.note(l10n.t('This machine has no fonts, so that the picture has no labels.'));
    return png;
  });
  await write('svg', async () => (await canvas()).svg());
  await write('csv', () => Promise.resolve(csvText(galleryRows(shown, list.classes).map((row) => row.map(String)))));
  await write('npy', () => {
    const maps = galleryMaps(shown, list.grid);
    if (!maps) throw new UserError(l10n.t('There are no maps here that a file could hold.'));
    return Promise.resolve(maps);
  });
}

/** What the colours of the maps are; attention is a share, relevance has units of its own. */
function scaleWords(method: GalleryMethod, scale: { readonly low: number; readonly high: number } | null): string {
  if (!scale) return l10n.t('Violet to yellow: from the smallest value of a map to its largest.');
  const write = (value: number): string => (method === 'chefer' ? value.toPrecision(3) : `${(value * 100).toFixed(1)} %`);
  return l10n.t('Violet to yellow: from {0} to {1}, one scale for all maps.', write(scale.low), write(scale.high));
}
