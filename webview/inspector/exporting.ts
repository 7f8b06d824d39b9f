import * as l10n from '@vscode/l10n';
import { answerKey } from '../../src/answerKey';
import { explanationMethods } from '../../src/explanations';
import { halfOf } from '../../src/half';
import type { AttentionStack, ImageView } from '../../src/protocol';
import { flowPlace } from './askFlow';
import { canExplain, isKept, quickMethods, targetOf } from './explaining';
import type { Exports } from './exportMenu';
import { copied, figureName, figurePng, figureSvg } from './figure';
import { csvOf, npyOf, stackNpy } from './numbersOf';
import { layerOf } from './features/model';
import { planOf } from './plan';
import { shownAlone, withoutFolders, type Recording } from './recording';
import { attends, fusions, isBroken, sizeOf, type Model, type Session } from './session';
import { baseName } from './words';

/** Attention of more bytes goes to a page in half precision. */
const EXACT = 4 * 2 ** 20;

/** All that leaves the panel: pictures, numbers, and the panel itself. */
export function createExports(session: Session, recorded: Recording, say: (text: string) => void, kept: () => unknown): Exports {
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
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': figurePng(model, view) })]);
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
      const clean = withoutFolders(model.state ?? never());
      const answers = recorded.answers().filter(({ params }) => isOfShown(session.model(), params)).map(({ method, params, value }) => [answerKey(method, clean(params)), clean(slim(value))] as const);
      await client.savePage({
        name: `${stem(view)}.html`,
        title: baseName(view.file),
        language: document.documentElement.lang,
        state: clean(shownAlone(session.model().state ?? never())),
        kept: kept(),
        answers,
        theme: { variables: document.documentElement.style.cssText, classes: document.body.className },
      });
    }),
  };
}

/** Whether a question is about what the panel shows: answers about other images stay here. */
function isOfShown({ state, other }: Model, params: unknown): boolean {
  const { checkpoint, file } = params as { readonly checkpoint?: unknown; readonly file?: unknown };
  return [state?.view, other?.view].some((view) => view && checkpoint === view.checkpoint.path && (file === undefined || file === view.file));
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
async function prefetch(session: Session, { client }: Recording): Promise<void> {
  const model = session.model();
  const { discard } = model.place;
  for (const view of [model.state?.view, model.other?.view]) {
    if (!view || !attends(view)) continue;
    const question = questionOf(model, view);
    await client.attentionStack(question);
    for (const fusion of fusions) await client.rollout({ ...question, discard, fusion });
    await client.positions({ checkpoint: question.checkpoint, ...sizeOf(model) });
    if (canExplain(model)) {
      const wished = model.explanations.occlusion ? explanationMethods : quickMethods;
      await client.explain({ ...question, methods: wished, target: targetOf(model.place, view), discard });
    }
    await prefetchInside(model, view, client);
  }
}

/** What the other tabs show at first, and the flow through every block. What a network does not have is refused, and is no part of the page. */
async function prefetchInside(model: Model, view: ImageView, client: Recording['client']): Promise<void> {
  if (isKept(model)) return;
  const { file, ...about } = questionOf(model, view);
  const question = { file, ...about };
  const at = flowPlace(model);
  const ask = (work: Promise<unknown>): Promise<unknown> => work.catch(() => undefined);
  for (let block = 0; block < view.model.depth; block++) await ask(client.flow({ ...question, block, head: at.head }));
  await ask(client.tokens(question));
  await ask(client.filter({ ...about, dimension: Math.min(model.place.dimension, view.model.width - 1) }));
  await ask(client.plan({ ...about, ...planOf(model.place, view) }));
  await ask(client.viewEncoding(about));
  await ask(client.viewEmbedding(question));
  const tokens = await client.viewTokens(question).catch(() => undefined);
  const { foreground, threshold } = model.place.features;
  if (tokens) await ask(client.viewColours({ ...question, layer: layerOf(model.place, tokens), foreground, threshold }));
  await ask(client.viewLens(question));
  await ask(client.viewFilters({ checkpoint: about.checkpoint }));
}

/** A large stack in half precision. */
function slim(value: unknown): unknown {
  const stack = value as Partial<AttentionStack> | null;
  if (!stack || !(stack.weights instanceof Float32Array) || stack.weights.byteLength <= EXACT || stack.layers === undefined) return value;
  return { ...stack, weights: Uint16Array.from(stack.weights, halfOf) };
}
