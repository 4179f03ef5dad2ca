/** The lake: where a dataset's objects are, with which keys, and which ones exist. */
@NullMarked
package com.bytefreezer.connector.lake;

import org.jspecify.annotations.NullMarked;
