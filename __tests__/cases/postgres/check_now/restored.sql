alter table voucher drop constraint not_over;
alter table voucher add constraint not_over check (until > now()) not valid;
