import * as l10n from '@vscode/l10n';
import { askForPage, firstPagePlace, type PagePlace, type PageSubject } from '../../src/pageQuestions';
import type { ImageQuestion, ImageSet, ImageView, InspectorApi } from '../../src/protocol';
import { answersOf, shownAlone, withoutFolders, type Answer, type Recording } from '../../src/recording';
import type { Client } from '../../src/rpc';
import { copyPicture } from '../clipboard';
import { flowPlace } from './askFlow';
import { isKept, targetOf, wishedMethods } from './explaining';
import type { Exports } from './exportMenu';
import { copied, figureName, figurePng, figureSvg } from './figure';
import { csvOf, npyOf, stackNpy } from './numbersOf';
import { gridOf } from './features/ask';
import { longKey, setOf } from './features/model';
import { planOf } from './plan';
import { noHover, shownQuery } from './place';
import { isBroken, sizeOf, type Model, type Session } from './session';
import { tokenIn } from './sides';
import { baseName } from './words';

/** All that leaves the panel: pictures, numbers, and the panel itself. */
export function createExports(session: Session, recorded: Recording<Client<InspectorApi>>, say: (text: string) => void): Exports {
  const { client } = recorded;
  const with_ = (work: (model: Model, view: ImageView) => Promise<void>) => (): void => {
    const model = session.model();
    const view = model.state?.view;
    if (view && !isBroken(model)) void work(model, view).catch(session.fail);
  };
  const save = (name: string, bytes: Uint8Array): Promise<void> => client.save({ name, bytes });
  const none = (): Error => new Error(l10n.t('There are no numbers behind this tab that a file could hold; choose another tab.'));
  return {
    png: with_(async (model, view) => save(figureName(model, view, 'png'), await bytesOf(figurePng(model, view)))),
    svg: with_(async (model, view) => save(figureName(model, view, 'svg'), new TextEncoder().encode(figureSvg(model, view)))),
    copy: with_(async (model, view) => {
      await copyPicture(figurePng(model, view));
      say(copied());
    }),
    csv: with_(async (model, view) => {
      const text = csvOf(model);
      if (text === null) throw none();
      await save(figureName(model, view, 'csv'), new TextEncoder().encode(text));
    }),
    npy: with_(async (model, view) => {
      const bytes = npyOf(model);
      if (!bytes) throw none();
      await save(figureName(model, view, 'npy'), bytes);
    }),
    stack: with_(async (model, view) => {
      const stack = await client.attentionStack(questionOf(model, view));
      if (!stack) throw new Error(l10n.t('The attention of this image is too large for a page. In a terminal, vit-lab run --taps attention writes all of it.'));
      await save(`${stem(view)}-attention-all.npy`, stackNpy(stack));
    }),
    page: with_(async (model, view) => {
      await prefetch(session, recorded);
      const { images, other } = model.place.features;
      const clean = withoutFolders(model.state ?? never(), [images, other]);
      const answers = answersOf(recorded.answers().filter((answer) => isOnPage(session.model(), answer)), clean);
      await client.savePage({
        name: `${stem(view)}.html`,
        title: baseName(view.file),
        language: document.documentElement.lang,
        state: clean(shownAlone(session.model().state ?? never(), other)),
        kept: keptOnPage(session.model(), clean),
        answers,
        theme: { variables: document.documentElement.style.cssText, classes: document.body.className },
      });
    }),
  };
}

/** Whether a question is about what the panel shows: answers about other images stay here. */
export function isOfShown(model: Model, params: unknown): boolean {
  const { state, other } = model;
  const { checkpoint, file, size } = params as Partial<ImageQuestion>;
  if (file !== undefined && JSON.stringify(size) !== JSON.stringify(sizeOf(model).size)) return false;
  return [state?.view, other?.view].some((view) => view && checkpoint === view.checkpoint.path && (file === undefined || file === view.file));
}

/** Of the sets of images that were gone over, a page has the one that is chosen. */
function isOnPage(model: Model, { params }: Answer): boolean {
  const { images } = params as { readonly images?: ImageSet };
  return isOfShown(model, params) && (images === undefined || JSON.stringify(images) === JSON.stringify(setOf(model.place.features)));
}

function never(): never {
  throw new Error('There is nothing to save yet.');
}

function stem(view: ImageView): string {
  return baseName(view.file).replace(/\.[^.]+$/, '');
}

async function bytesOf(blob: Promise<Blob>): Promise<Uint8Array> {
  return new Uint8Array(await (await blob).arrayBuffer());
}

function questionOf(model: Model, view: ImageView) {
  return { checkpoint: view.checkpoint.path, file: view.file, ...sizeOf(model) };
}

/** Asks what the tabs ask when they are opened, so that they answer on the page too. */
async function prefetch(session: Session, { client }: Recording<Client<InspectorApi>>): Promise<void> {
  const model = session.model();
  const { other, place, bounds } = model;
  const { view } = model.state ?? {};
  if (view) await askForPage(client, subjectOf(model, view), placeOf(model, view, shownQuery(place, noHover, bounds)));
  if (view && other) await askForPage(client, subjectOf(model, other.view), placeOf(model, other.view, tokenIn(other, shownQuery(place, noHover, bounds), bounds, view) ?? undefined));
}

function subjectOf(model: Model, view: ImageView): PageSubject {
  return { view, question: questionOf(model, view), kept: isKept(model) };
}

/** As the panel stands, where it was moved. */
function placeOf(model: Model, view: ImageView, query: number | undefined): PagePlace {
  const { place } = model;
  const { foreground, threshold, seed } = place.features;
  const first = firstPagePlace(view);
  return {
    ...first, direction: place.direction, discard: place.discard, foreground, threshold, seed,
    query: query ?? first.query,
    head: flowPlace(model).head,
    target: view.classes.length > 0 ? targetOf(place, view) : 0,
    methods: wishedMethods(view, place),
    dimension: Math.min(place.dimension, view.model.width - 1),
    plan: planOf(place, view),
    grid: gridOf(model),
    // B has none of its own.
    ...(view === model.state?.view ? comparedOf(model) : {}),
  };
}

/** What goes over a set of images, where its answer is there. */
function comparedOf(model: Model): Pick<PagePlace, 'neighbours' | 'alignment'> {
  const { features: place } = model.place;
  const { neighbours, alignment } = answered(model);
  return {
    neighbours: neighbours ? { images: setOf(place), count: place.count } : null,
    alignment: alignment ? { images: setOf(place), most: place.most, read: place.read, ...(place.other !== null && { other: place.other }) } : null,
  };
}

/** Which of the long questions have an answer to what is chosen. */
function answered(model: Model): Readonly<Record<'neighbours' | 'alignment' | 'heads' | 'shuffle', boolean>> {
  const { neighbours, neighboursOf, alignment, alignmentOf, heads, curve } = model.features;
  return {
    neighbours: neighbours !== null && neighboursOf === longKey('neighbours', model),
    alignment: alignment !== null && alignmentOf === longKey('alignment', model),
    heads: heads !== null,
    shuffle: curve !== null,
  };
}

/** The place without folders: names of what was asked for hold them, too. What has no answer was not begun, for there is no engine to begin it. */
function keptOnPage(model: Model, clean: <T>(value: T) => T): unknown {
  const there = answered(model);
  const { features } = model.place;
  const begun = Object.entries(features.begun).filter(([name]) => there[name as keyof typeof there]).map(([name, key]) => [name, JSON.stringify(clean(JSON.parse(key) as unknown))] as const);
  return { ...model.place, features: { ...clean({ ...features, begun: {} }), begun: Object.fromEntries(begun) } };
}
