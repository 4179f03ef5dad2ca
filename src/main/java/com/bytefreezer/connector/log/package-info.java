/** Lines of the log: secrets masked, one line each, as text or JSON. */
@NullMarked
package com.bytefreezer.connector.log;

import org.jspecify.annotations.NullMarked;
