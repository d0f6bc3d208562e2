import { InboxOutlined } from '@ant-design/icons';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useI18n } from '../parts/i18n';
import { styles, useTinted } from '../parts/styles';

interface Props {
  /** Undefined: a file is not taken. */
  readonly onFile: ((file: File) => void) | undefined;
  readonly children: ReactNode;
}

const hasFiles = (event: DragEvent | React.DragEvent) =>
  Array.from(event.dataTransfer?.types ?? []).includes('Files');

/** A file may be dropped anywhere on the page. */
export function DropArea({ onFile, children }: Props) {
  const { t } = useI18n();
  const tinted = useTinted();
  const [over, setOver] = useState(false);
  const depth = useRef(0);

  useEffect(() => {
    // A file that misses must not replace the page.
    const stay = (event: DragEvent) => {
      if (hasFiles(event)) event.preventDefault();
    };
    window.addEventListener('dragover', stay);
    window.addEventListener('drop', stay);
    return () => {
      window.removeEventListener('dragover', stay);
      window.removeEventListener('drop', stay);
    };
  }, []);

  return (
    <div
      style={styles.dropArea}
      onDragEnter={(event) => {
        if (!onFile || !hasFiles(event)) return;
        depth.current++;
        setOver(true);
      }}
      onDragLeave={() => {
        depth.current = Math.max(0, depth.current - 1);
        if (depth.current === 0) setOver(false);
      }}
      onDrop={(event) => {
        event.preventDefault();
        depth.current = 0;
        setOver(false);
        const file = event.dataTransfer.files[0];
        if (file) onFile?.(file);
      }}
    >
      {children}
      {over && (
        <div style={tinted.dropHere}>
          <span>
            <InboxOutlined aria-hidden style={tinted.dropIcon} />
            {t('upload.drop')}
          </span>
        </div>
      )}
    </div>
  );
}
