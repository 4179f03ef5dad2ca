/** The part of the control plane's API that an export needs. */
@NullMarked
package com.bytefreezer.connector.control;

import org.jspecify.annotations.NullMarked;
