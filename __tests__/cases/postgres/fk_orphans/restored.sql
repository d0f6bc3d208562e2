alter table invoice drop constraint invoice_customer_id_fkey;
alter table invoice add constraint invoice_customer_id_fkey foreign key (customer_id) references customer(id) not valid;
