/** DuckDB: the user's SQL, its sandbox, and the JSON of rows. */
@NullMarked
package com.bytefreezer.connector.query;

import org.jspecify.annotations.NullMarked;
