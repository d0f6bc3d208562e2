import { Tooltip } from 'antd';
import { useI18n } from '../parts/i18n';
import { styles, useTinted } from '../parts/styles';
import { proofHints, proofSteps, proofText, type Proven } from './proofText';

/** How well a backup is proven: its steps as dots, and the farthest that it has taken in a word. */
export function ProofBadge({ backup }: { readonly backup: Proven }) {
  const i18n = useI18n();
  const tinted = useTinted();
  const steps = proofSteps(backup);
  const taken = steps.filter(Boolean).length;
  const [, ...proven] = steps;
  return (
    <Tooltip
      title={proofHints(i18n, backup).map((hint) => (
        <div key={hint}>{hint}</div>
      ))}
    >
      <span style={{ ...styles.proof, ...(proven.some(Boolean) ? tinted.success : tinted.faint) }}>
        <span aria-hidden style={styles.steps}>
          {steps.map((isTaken, step) => (
            <span key={step} style={isTaken ? styles.stepTaken : styles.step} />
          ))}
        </span>
        <span>
          {proofText(i18n, backup)}
          <span style={styles.forListeners}> {i18n.t('state.steps', { taken, of: steps.length })}</span>
        </span>
      </span>
    </Tooltip>
  );
}
