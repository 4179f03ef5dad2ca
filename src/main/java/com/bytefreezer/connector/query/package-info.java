/** DuckDB: the user's SQL, the sandbox, and the JSON of rows. */
@NullMarked
package com.bytefreezer.connector.query;

import org.jspecify.annotations.NullMarked;
