/** The API of exports: their state, plans, files and dead letters. {@code routes/api} calls it. */
@NullMarked
package com.bytefreezer.connector.api.exports;

import org.jspecify.annotations.NullMarked;
