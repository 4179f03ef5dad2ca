/** DuckDB in processes of its own, whose end is nobody else's: for statements of people. */
@NullMarked
package com.bytefreezer.connector.cage;

import org.jspecify.annotations.NullMarked;
