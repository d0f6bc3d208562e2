drop index account_mail;
