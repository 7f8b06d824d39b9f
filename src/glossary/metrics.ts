import * as l10n from '@vscode/l10n';
import { and, inComparison, inEvaluation, inKey, inTab } from './seen';
import { term, type Term } from './term';

/** How good a network is, and how sure one can be of it. */
export function metricTerms(): readonly Term[] {
  return [...basicTerms(), ...classTerms(), ...certaintyTerms()];
}

function basicTerms(): readonly Term[] {
  const places = and(inComparison(), inEvaluation());
  return [
    term('logits', l10n.t('Logits'), l10n.t('What the head gives, a number for each class, before the softmax makes probabilities of them. Only their differences mean something.'), { seen: inTab(l10n.t('Flow')) }),
    term('loss', l10n.t('Loss (cross-entropy)'), l10n.t('What training makes small: minus the logarithm of the probability of the right class, as a mean. Guessing among K classes costs ln K.'), { formula: '− 1/N Σ log p(yᵢ | xᵢ)', seen: places, also: ['loss', 'batch_loss', 'classes/loss'] }),
    term('accuracy', l10n.t('Accuracy (top-1)'), l10n.t('Share of images whose most probable class is the right one. Where classes are uneven it rewards guessing the largest.'), { formula: '1/N Σ [ŷᵢ = yᵢ]', seen: places, also: ['top1', 'accuracy'] }),
    term('top5', l10n.t('Top-5 accuracy'), l10n.t('Share of images whose class is among the five most probable ones; only told of more than five classes.'), { seen: places, also: ['top5'] }),
    term('balanced-accuracy', l10n.t('Balanced accuracy'), l10n.t('The mean of the recalls of all classes, so that a small class counts as much as a large one.'), { formula: '1/K Σₖ recallₖ', source: 'Brodersen et al. 2010', seen: places, also: ['balanced_accuracy'] }),
    term('confusion-matrix', l10n.t('Confusion matrix'), l10n.t('Rows are the true classes, columns what they were taken for; right answers lie on the diagonal.'), { seen: inEvaluation(), also: ['confusion'] }),
    term('overfitting', l10n.t('Overfitting'), l10n.t('The network learns its training images rather than what they have in common: the loss of the training falls on while that of the validation rises.'), { seen: inComparison() }),
    term('validation', l10n.t('Training, validation, test'), l10n.t('Images to learn from, images to choose by (checkpoint, key of the configuration), and images that are looked at once, at the end. What was chosen by the test is no longer tested by it.'), { seen: inKey('dataset.val_split', 'dataset.test_split'), also: ['train', 'val', 'test', 'split'] }),
  ];
}

function classTerms(): readonly Term[] {
  const places = and(inComparison(), inEvaluation());
  return [
    term('precision', l10n.t('Precision'), l10n.t('Of the images that were taken for a class, the share that is of it. For all classes: the mean (macro), or weighted by their images.'), { formula: 'TP / (TP + FP)', seen: places, also: ['precision'] }),
    term('recall', l10n.t('Recall'), l10n.t('Of the images of a class, the share that was found. Also called sensitivity or true positive rate.'), { formula: 'TP / (TP + FN)', seen: places, also: ['recall'] }),
    term('f1', 'F1', l10n.t('The harmonic mean of precision and recall: high only where both are. Macro F1 is the mean over the classes.'), { formula: '2 · precision · recall / (precision + recall)', seen: places, also: ['f1'] }),
    term('support', l10n.t('Support'), l10n.t('How many images of a class were evaluated. With few of them its numbers say little: read the interval.'), { seen: inEvaluation(), also: ['support'] }),
    term('predicted', l10n.t('Predicted share'), l10n.t('The share of all images that is taken for a class. One class that takes all is a collapse.'), { seen: inComparison(), also: ['classes/predicted', 'predicted'] }),
    term('roc', l10n.t('ROC curve'), l10n.t('True positive rate against false positive rate as the threshold for a class falls; the diagonal is guessing.'), { source: 'Fawcett 2006', seen: inEvaluation() }),
    term('auc', 'AUC', l10n.t('The area under the ROC curve: how often an image of the class has a higher probability for it than another image. 0.5 is guessing.'), { source: 'Fawcett 2006', seen: inEvaluation(), also: ['auc'] }),
    term('average-precision', l10n.t('Average precision'), l10n.t('The mean of the precision along the recall. Where a class is rare it tells more than AUC.'), { formula: 'Σ (Rᵢ − Rᵢ₋₁) Pᵢ', seen: inEvaluation(), also: ['ap', 'AP', 'precision–recall curve'] }),
    term('mcc', 'MCC', l10n.t('Matthews’ correlation coefficient: the correlation of true and predicted classes, from −1 to 1, which also a guess at the largest class leaves at 0. ViT Lab tells balanced accuracy and macro F1 for the same purpose; it can be had from the confusion matrix.'), { formula: '(TP·TN − FP·FN) / √((TP+FP)(TP+FN)(TN+FP)(TN+FN))', source: 'Matthews 1975; Gorodkin 2004', seen: inEvaluation(), also: ['matthews'] }),
  ];
}

function certaintyTerms(): readonly Term[] {
  return [
    term('calibration', l10n.t('Calibration'), l10n.t('Whether probabilities can be taken at their word: of what is said with 80 %, 80 % should be right. The reliability diagram draws one over the other.'), { source: 'Guo et al. 2017', seen: inEvaluation(), also: ['reliability diagram'] }),
    term('ece', 'ECE', l10n.t('Expected calibration error: how far confidence and share of right answers are apart on average, in 15 bins. With few images it is above 0 for a calibrated network, too.'), { formula: 'Σₘ |Bₘ|/N · |acc(Bₘ) − conf(Bₘ)|', source: 'Naeini et al. 2015; Guo et al. 2017, eq. 3', seen: and(inComparison(), inEvaluation()), also: ['ece'] }),
    term('brier', l10n.t('Brier score'), l10n.t('Mean squared distance of the probabilities from the truth, from 0 to 2: it is small for answers that are both right and calibrated.'), { formula: '1/N Σᵢ Σₖ (pᵢₖ − [yᵢ = k])²', source: 'Brier 1950', seen: inEvaluation(), also: ['brier'] }),
    term('confidence-interval', l10n.t('95 % interval'), l10n.t('The shares of all such images that the counted ones do not speak against. It tells of the chance in the test images, not of another training or of images of another kind.'), { source: 'Wilson 1927', seen: and(inComparison(), inEvaluation()), also: ['interval', 'Wilson'] }),
    term('bootstrap', l10n.t('Bootstrap'), l10n.t('The test images are drawn again and again with replacement; how much a number varies then is how sure it is. Paired: both networks on the same draws.'), { source: 'Efron & Tibshirani 1993', seen: inEvaluation() }),
    term('mcnemar', l10n.t('McNemar’s test'), l10n.t('Whether two networks differ on the same images by more than chance: it looks only at those that one has right and the other wrong.'), { source: 'McNemar 1947; Dietterich 1998', seen: inEvaluation(), also: ['p-value'] }),
    term('standard-deviation', l10n.t('Mean ± standard deviation'), l10n.t('Over trainings that differ in their seed alone: how much of a difference is chance of the training.'), { formula: '√(1/(n−1) Σ (xᵢ − x̄)²)', seen: inComparison(), also: ['seeds'] }),
  ];
}
