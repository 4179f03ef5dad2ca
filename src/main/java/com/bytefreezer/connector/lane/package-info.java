/** A run of an export: from the listing to the balance. */
@NullMarked
package com.bytefreezer.connector.lane;

import org.jspecify.annotations.NullMarked;
