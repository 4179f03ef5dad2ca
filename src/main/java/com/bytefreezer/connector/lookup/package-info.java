/** Lookups: tables from files that queries may join with {@code events}. */
@NullMarked
package com.bytefreezer.connector.lookup;

import org.jspecify.annotations.NullMarked;
