/** The cursor: how far each export is delivered. */
@NullMarked
package com.bytefreezer.connector.cursor;

import org.jspecify.annotations.NullMarked;
