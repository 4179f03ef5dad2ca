/** The control plane's API, as far as an export needs it. */
@NullMarked
package com.bytefreezer.connector.control;

import org.jspecify.annotations.NullMarked;
