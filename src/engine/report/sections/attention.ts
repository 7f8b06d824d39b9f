import * as l10n from '@vscode/l10n';
import { tilesChart } from '../charts/tiles';
import { caution, cite, own, text, type Block, type Section } from '../document';
import type { Choice, Explained, Group, Material } from '../material';
import { firstOf, groupName, percent } from '../words';
import { DETAILED } from './evaluation';

/** Where the networks look, for a few images that a rule has chosen. */
export function attention(material: Material): Section {
  const groups = material.groups.slice(0, DETAILED);
  const pictures = groups.flatMap((group) => ofGroup(group, material));
  const blocks: Block[] = [
    ...(pictures.some(({ kind }) => kind === 'figure')
      ? [
          text([
            l10n.t('For each image two maps. Attention rollout'), cite('rollout'),
            l10n.t(' multiplies the attention of all layers, heads averaged and the skip connection added: how much of each patch may flow into the answer. It is the same for every class. Chefer’s relevance'), cite('chefer'),
            l10n.t(' weighs each attention by the gradient of the predicted class and keeps what speaks for it. {0}, each from its smallest value (violet) to its largest (yellow), so that maps cannot be compared by their colours.', material.withoutImages ? l10n.t('Both are drawn alone, a square a patch') : l10n.t('Both are drawn over the grey image')),
          ]),
          caution([l10n.t('Attention is no explanation by itself'), cite('notexplanation'), l10n.t(': rollout knows nothing of values, MLPs and classes; and a map that looks plausible may still name the wrong patches. Four images show what may happen, not what usually does.')]),
        ]
      : []),
    ...pictures,
    own(l10n.t('what you see in these maps, what you had expected, and what you cannot conclude from them')),
  ];
  return { id: 'attention', title: l10n.t('Where the network looks'), blocks };
}

function ofGroup(group: Group, material: Material): Block[] {
  const { spec, gallery, evaluation, notEvaluated } = firstOf(group, material);
  const name = groupName(group, material);
  if (spec && spec.architecture !== 'vit') return [text(l10n.t('{0} has no attention, so that there are no maps of it.', name))];
  if (!gallery) return [text(notEvaluated === null ? l10n.t('There are no maps of {0}: it was not given any image for this report.', name) : l10n.t('There are no maps of {0}: {1}', name, notEvaluated))];
  if (gallery.explained.length === 0) return [];
  const labels = evaluation!.classes.map(({ label }) => label);
  const said = ({ truth, guess, confidence }: Explained): string[] => {
    const is = labels[truth] ?? String(truth);
    return [`${labels[guess] ?? guess} ${percent(confidence)}`, ...(truth === guess ? [] : [l10n.t('is: {0}', is)])];
  };
  const wide = 118;
  const alone = gallery.explained.some(({ url }) => url === null);
  const rows = [
    ...(alone ? [] : [{ label: l10n.t('image'), tiles: gallery.explained.map((one) => ({ url: one.url, lines: [choiceWords(one.choice)] })) }]),
    { label: l10n.t('rollout'), tiles: gallery.explained.map(({ rollout, choice }) => ({ url: rollout, lines: alone ? [choiceWords(choice)] : [] })) },
    { label: l10n.t('relevance'), tiles: gallery.explained.map((one) => ({ url: one.relevance, lines: said(one) })) },
  ];
  return [{
    kind: 'figure', name: `attention-${group.letter.toLowerCase()}`,
    svg: tilesChart(rows, { side: Math.min(wide, wide / gallery.aspect), aspect: gallery.aspect, pixelated: alone || gallery.width < 120 }),
    alt: alone ? l10n.t('Maps of attention rollout and of relevance') : l10n.t('Images under their attention rollout and their relevance'),
    caption: [
      alone
        ? l10n.t('{0}: attention rollout of images that are not shown, and Chefer’s relevance for the class that the network says (below, with its probability).', name)
        : l10n.t('{0}: images, their attention rollout, and Chefer’s relevance for the class that the network says (below, with its probability).', name),
      l10n.t('Chosen by rule: the right answer that it is surest of, the one in the middle of the right ones, the image that it is least sure of, and the surest mistake.'),
      ...(alone ? [l10n.t('From left to right: {0}.', gallery.explained.map((one) => one.name).join(', '))] : []),
    ].join(' '),
  }];
}

function choiceWords(choice: Choice): string {
  return { 'surest right': l10n.t('surest, right'), 'median right': l10n.t('median of the right'), 'least sure': l10n.t('least sure'), 'surest wrong': l10n.t('surest mistake') }[choice];
}
