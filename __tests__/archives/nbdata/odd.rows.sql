SELECT json_object_agg(t, r) FROM (
 SELECT 'odd' AS t, (SELECT json_agg(json_build_object('id', id::text,'small', small::text,'text', "Co,l""umn",'called', called::text,'negative', negative::text,'ratio', ratio::text,'when',"when"::text,'local',local::text,'clock',clock::text,'moments',moments::text,'numbers',numbers::text,'words',words::text,'feeling',feeling::text,'keyword',keyword::text,'bytes',bytes::text,'loose',loose::text,'above',above::text,'bits',bits::text,'place',place::text,'span',span::text,'uuid',uuid::text,'sorted',sorted) ORDER BY id) FROM "odd ""na/me") AS r
 UNION ALL SELECT 'parent', (SELECT json_agg(x ORDER BY id) FROM ONLY parent x)
 UNION ALL SELECT 'child', (SELECT json_agg(x ORDER BY id) FROM child x)
 UNION ALL SELECT 'points', (SELECT json_agg(x) FROM points x)
 UNION ALL SELECT 'parts_2024', (SELECT json_agg(x) FROM parts_2024 x)
 UNION ALL SELECT 'nothing', (SELECT to_json(count(*)) FROM nothing)) q;
