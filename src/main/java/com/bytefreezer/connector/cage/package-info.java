/** DuckDB in separate processes for people's statements, so that the end of one affects nobody else. */
@NullMarked
package com.bytefreezer.connector.cage;

import org.jspecify.annotations.NullMarked;
