/** A run of an export: from the listing to the balance. */
@NullMarked
package com.bytefreezer.connector.export;

import org.jspecify.annotations.NullMarked;
