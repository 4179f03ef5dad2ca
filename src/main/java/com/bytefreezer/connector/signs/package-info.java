/** What an export waits for: a neighbour that does not answer or accepts nothing, since when and why. */
@NullMarked
package com.bytefreezer.connector.signs;

import org.jspecify.annotations.NullMarked;
