/** DuckDB: the user's SQL, its sandbox, and how a row becomes JSON. */
@NullMarked
package com.bytefreezer.connector.query;

import org.jspecify.annotations.NullMarked;
