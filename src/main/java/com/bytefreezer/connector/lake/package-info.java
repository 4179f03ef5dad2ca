/** The lake: where a dataset's objects are, with which keys, and which objects exist. */
@NullMarked
package com.bytefreezer.connector.lake;

import org.jspecify.annotations.NullMarked;
