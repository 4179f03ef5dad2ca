/** Text as programs and people exchange it: JSON, one line of plain text, names and suggestions. */
@NullMarked
package com.bytefreezer.connector.text;

import org.jspecify.annotations.NullMarked;
