import { InboxOutlined } from '@ant-design/icons';
import { theme } from 'antd';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { useI18n } from '../parts/i18n';

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
  const { token } = theme.useToken();
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
      style={{ position: 'relative' }}
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
        <div
          style={{
            position: 'absolute',
            inset: -8,
            zIndex: 10,
            display: 'grid',
            placeItems: 'center',
            borderRadius: 10,
            border: `2px dashed ${token.colorPrimary}`,
            background: token.colorBgElevated,
            opacity: 0.96,
            pointerEvents: 'none',
            fontSize: 18,
          }}
        >
          <span>
            <InboxOutlined aria-hidden style={{ color: token.colorPrimary, marginInlineEnd: 10 }} />
            {t('upload.drop')}
          </span>
        </div>
      )}
    </div>
  );
}
