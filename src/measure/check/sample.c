// SPDX-License-Identifier: GPL-2.0
/*
 * What a user of the archive builds: a small module that says where it comes
 * from, in the kernel's log and as a parameter.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/init.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <generated/utsrelease.h>

#include "form.h"

static char *form = SAMPLE_FORM;
module_param(form, charp, 0444);
MODULE_PARM_DESC(form, "the form of the headers that built this module");

static int __init sample_init(void)
{
	pr_info("loaded by process %d, built for %s from %s\n",
		task_pid_nr(current), UTS_RELEASE, form);
	return 0;
}
module_init(sample_init);

static void __exit sample_exit(void)
{
	pr_info("unloaded\n");
}
module_exit(sample_exit);

MODULE_DESCRIPTION("A module built from an archive of kernel headers");
MODULE_LICENSE("GPL");
