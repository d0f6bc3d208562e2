UPDATE pupils SET grades = '{}';
