import { Alert, Button, Flex, Typography } from 'antd';
import { useState } from 'react';
import type { Safety } from '../api/api';
import { useI18n } from '../parts/i18n';
import { bannerText } from './safetyText';
import { styles } from '../parts/styles';

const FEW = 3;

/** What keeps the app from being safe, the worst first. That there is no backup yet is said in the strip. */
export function SafetyBanners({ safety }: { readonly safety: Safety | undefined }) {
  const i18n = useI18n();
  const { t, n } = i18n;
  const [all, setAll] = useState(false);
  const banners = (safety?.banners ?? []).filter((banner) => banner.kind !== 'none');
  if (banners.length === 0) return null;
  const shown = all ? banners : banners.slice(0, FEW);
  return (
    <Alert
      type={banners.some((banner) => banner.level === 'error') ? 'error' : 'warning'}
      showIcon
      role="status"
      data-testid="safety-banners"
      message={
        <Flex vertical gap={4}>
          {shown.map((banner, index) => {
            const { text, detail, lang } = bannerText(i18n, banner);
            return (
              <div key={index} style={styles.wrap}>
                {text} {banner.code !== undefined && <Typography.Text code>{banner.code}</Typography.Text>}
                {detail !== undefined && (
                  <Typography.Text type="secondary" lang={lang} style={styles.smallLine}>
                    {detail}
                  </Typography.Text>
                )}
              </div>
            );
          })}
          {banners.length > FEW && (
            <Button
              type="link"
              size="small"
              style={styles.startBare}
              aria-expanded={all}
              onClick={() => setAll(!all)}
            >
              {all ? t('banner.fewer') : n('banner.more', banners.length - FEW)}
            </Button>
          )}
        </Flex>
      }
    />
  );
}
