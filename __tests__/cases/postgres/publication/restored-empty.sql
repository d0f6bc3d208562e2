drop publication pub_ord;
